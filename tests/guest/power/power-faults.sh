# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# The write cache and power cuts while the device below fails or is slow, while
# writes wait for space, and at the same time as other messages.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
has_module dm-blkdebug
bd_sectors=65536
loop_disk 32
disk=$dev
below=/dev/mapper/below
bd_create below "$disk" seed=1
bd_create bd $below seed=7 cache=1M

below_holds() { [[ $(bd_status below held) -gt 0 ]]; }

# below_fails RULE...: gives the device below this rule alone
below_fails() { bd_msg below replace "$@" > /tmp/null; }
below_heals() { bd_msg below clear > /tmp/null; }

# Errors of the device below lose no data.
io $bd 'w 0 8 byte=11' > /tmp/null
below_fails inject-error iotype=flush errno=ENOSPC
is "$(ios $bd f 'r 0 8 byte=11')" 'ENOSPC ok' 'a failed flush of the device below fails the flush'
below_heals
below_fails inject-error iotype=write errno=ENOSPC
is "$(ios $bd 'w 0 8 byte=22' f f 'r 0 8 byte=22')" 'ok ENOSPC ENOSPC ok' \
	'each flush fails while the device below fails writes'
like "$(power_words bd)" '^power=on cached=[1-9][0-9]* volatile=0 views=0$' \
	'data that could not be written out stay in the cache and are not volatile'
io $bd 'w 0 8 byte=33' > /tmp/null
bd_msg bd power-cut survive=none > /tmp/null
bd_msg bd power-on > /tmp/null
is "$(io_bytes $bd 0 8)" '22*4096' 'a cut does not lose data that a failed flush has made durable'
below_heals
is "$(ios $bd f) $(io_bytes $below 0 8)" 'ok 22*4096' 'a flush writes out the data of a flush that failed'

below_fails inject-error iotype=write errno=ENOSPC sector=8-15
is "$(ios $bd 'w 0 8 byte=44' 'w 8 8 byte=55' 'w 16 8 byte=66' f)" 'ok ok ok ENOSPC' \
	'a flush fails if one of its writes fails'
is "$(io_bytes $bd 0 24)" '44*4096 55*4096 66*4096' 'a read returns three writes after their flush failed'
below_heals
is "$(ios $bd f) $(io_bytes $below 0 24)" 'ok 44*4096 55*4096 66*4096' \
	'a flush writes out all data after one of three writes failed'

# Other writes of the same sectors while the older data cannot be written
below_fails inject-error iotype=write errno=ENOSPC
is "$(ios $bd 'w 32 8 byte=11' f 'w 33 1 byte=22' 'w 32 8 fua byte=33' 'w 34 1 byte=44')" \
	'ok ENOSPC ok ENOSPC ok' 'a FUA write fails if the device below fails'
bd_msg bd power-cut survive=none > /tmp/null
bd_msg bd power-on > /tmp/null
is "$(io_bytes $bd 32 8)" '33*4096' 'a FUA write that failed in the device below is durable in the cache'
below_heals
is "$(ios $bd f) $(io_bytes $below 32 8)" 'ok 33*4096' 'a flush writes out the data of a failed FUA write'

# Discards and partial reads
ios $bd 'w 64 8 byte=11' > /tmp/null
below_fails inject-error iotype=discard errno=ENOSPC
is "$(ios $bd 'd 64 8' 'r 64 8 byte=11')" 'ENOSPC ok' 'a failed discard leaves the data in the cache'
below_heals
is "$(ios $bd 'd 64 8' f) $(io_bytes $below 64 8)" 'ok ok 00*4096' \
	'a repeated discard succeeds after the device below has recovered'
ios $bd 'w 72 8 byte=22' > /tmp/null
below_fails inject-error iotype=read errno=ENOSPC
is "$(ios $bd 'r 64 16' 'r 72 8 byte=22' 'r 64 8')" 'ENOSPC ok ENOSPC' \
	'a read that lies partly in the cache fails if the device below fails'
below_heals
is "$(io_bytes $bd 64 16)" '00*4096 22*4096' 'a repeated read succeeds after the device below has recovered'

# A suspend
io $bd 'w 80 8 byte=33' > /tmp/null
below_fails inject-error iotype=write errno=ENOSPC
dmesg_mark
dmsetup suspend bd
dmesg_like 'cannot write the cache out' 'a suspend that cannot write the cache out logs an error'
dmsetup resume bd
is "$(io_bytes $bd 80 8)" '33*4096' 'data that a suspend could not write out are in the cache after the resume'
below_heals
is "$(ios $bd f) $(io_bytes $below 80 8)" 'ok 33*4096' \
	'a flush writes out the data that a suspend could not write out'

# Survivors of a cut
ios $bd 'w 96 8 byte=44' > /tmp/null
below_fails inject-error iotype=write errno=ENOSPC
bd_msg bd power-cut survive=all > /tmp/null
like "$(power_words bd)" '^power=off cached=[1-9][0-9]* volatile=0 ' 'survivors that could not be written out stay in the cache'
dmsetup suspend bd
dmsetup resume bd
below_heals
bd_msg bd power-on > /tmp/null
is "$(io_bytes $bd 96 8)" '44*4096' \
	'a read returns survivors that could not be written out when the power is on'
is "$(ios $bd f) $(io_bytes $below 96 8)" 'ok 44*4096' \
	'a flush writes out survivors that could not be written out'

# A full cache over a device that fails
below_fails inject-error iotype=write errno=ENOSPC
like "$(io $bd 'q 1024 64 64')" '^[0-9]+\*ok [0-9]+\*ENOSPC$' \
	'writes to a full cache fail if the device below fails'
below_heals
is "$(ios $bd 'w 32768 2048 byte=77' f) $(io_bytes $below 32768 2048)" 'ok ok 77*1048576' \
	'writes to a full cache succeed after the device below has recovered'

# A cut while writes wait for space, because the device below is slow
below_fails suspend event=write_aio tag=slow once=off
background /tmp/writes io $bd 'q 8192 64 64'
eventually 'a full cache writes data out' below_holds
like "$(power_words bd)" '^power=on cached=1[0-9]* volatile=[1-9][0-9]* ' 'status answers while writes wait for space'
background /tmp/cut bd_msg bd power-cut survive=all
eventually 'power-cut turns the power off while the device below holds a write' bd_status_is bd power off
is "$(ios $bd 'w 0 8' 'r 0 8' f)" 'EIO EIO EIO' \
	'I/O after a cut fails at once while the device below holds a write'
fails_with EINVAL 'a second power-cut is refused while the first one sleeps' bd_msg bd power-cut
below_heals
bd_msg below resume slow all
eventually 'writes that wait for space fail at a cut' file_like /tmp/writes '^[0-9]+\*ok [0-9]+\*EIO$'
eventually 'power-cut returns when the device below resumes its write' file_like /tmp/cut \
	'^cut=[0-9]+ .*survive=all'
read -r oks _ < /tmp/writes
bd_msg bd power-on > /tmp/null
is "$(ios $bd f 'w 0 8' f)" 'ok ok ok' 'I/O succeeds after power-on'
diag "$(< /tmp/writes), $(< /tmp/cut)"
is "$((${oks%\**} < 64 && ${oks%\**} >= 16))" 1 \
	'between 16 and 63 of 64 writes to a full cache were acknowledged before the cut'

# A rule and a message cut the power at the same time: it is one cut.
cuts_at_once() {
	local round line from='' results=''

	for ((round = 1; round <= 10; round++)); do
		bd_start bd power-cut iotype=write
		# Either of the two may be first; the other one then finds the power off.
		results+=$(ios $bd 'begin w 0 8' 'message power-cut' 'end EIO' 'ask power-on' f)$'\n'
	done
	while read -r line; do
		[[ $line =~ ^ok\ (ok|EINVAL)\ ok\ ok\ cut=([0-9]+)\ .*\ ok$ ]] || { echo "$line"; return; }
		from=${from:-${BASH_REMATCH[2]}}
	done <<< "${results%$'\n'}"
	echo $((BASH_REMATCH[2] - from))
}
is "$(cuts_at_once)" 9 'a cut by a rule and one by message at the same time are one cut'

# A rule cuts the power during a suspend.
bd_start bd suspend event=write_aio tag=early power-cut iotype=write survive=all
hold bd 1 /tmp/held 'w 0 8 byte=99'
dmsetup suspend bd
eventually 'a write that a suspend releases fails if its rule cuts the power' file_is /tmp/held EIO
is "$(io_bytes $below 0 8)" '99*4096' 'a suspend during which a rule cuts the power writes out the survivors'
dmsetup resume bd
is "$(power_words bd)" 'power=off cached=0 volatile=0 views=0' \
	'the power that a rule cuts during a suspend is off after the resume'
bd_msg bd power-on > /tmp/null
# A message to a suspended device
io $bd 'w 0 8 byte=aa' > /tmp/null
dmsetup suspend bd
like "$(bd_msg bd power-cut survive=none)" ' volatile=0 ' \
	'power-cut counts no volatile write while the device is suspended'
dmsetup resume bd
is "$(power_words bd) $(io_read $bd 0 8)" 'power=off cached=0 volatile=0 views=0 EIO' \
	'the power that a message cuts during a suspend is off after the resume'
bd_msg bd power-on > /tmp/null
is "$(io_bytes $bd 0 8)" 'aa*4096' 'a suspend before the cut has made all writes durable'

# A remove with the power off, of a cache whose survivors could not be written
io $bd 'w 0 8 byte=bb' > /tmp/null
below_fails inject-error iotype=write errno=ENOSPC
bd_msg bd power-cut survive=all > /tmp/null
below_heals
dmsetup remove bd
is "$(io_bytes $below 0 8)" 'bb*4096' 'a remove with the power off writes out the survivors'

# Without a cache
bd_create bd $below seed=7
bd_start bd power-cut iotype=write after=1
is "$(ios $bd 'w 0 8 byte=cc' 'w 8 8' 'w 16 8' 'r 0 8' f)" 'ok EIO EIO EIO EIO' \
	'I/O after a cut by a rule fails without a cache'
is "$(power_words bd)" 'power=off cached=0 volatile=0 views=0' 'status without a cache shows that the power is off'
bd_msg bd power-on > /tmp/null
is "$(power_words bd) $(io_bytes $bd 0 8)" 'power=on cached=0 volatile=0 views=0 cc*4096' \
	'status without a cache shows that the power is on'
dmsetup remove bd
dmsetup remove below

done_testing

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2317 # functions called by asserts
# Power cuts: messages, their answers and errors, survivors, life cycle.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

require has_module brd
cache_setup ram_disk

# cut_with CHOICE...: cuts the power and restores it; the answer is in $cut
cut_with() {
	cut=$(bd_msg bd power-cut "$@") && bd_msg bd power-on > /tmp/null
}

is "$(power_words bd)" 'power=on cached=0 volatile=0 views=0' \
	'status of a new device shows the power on and an empty cache'
ios $bd 'w 0 8 byte=11' f 'w 0 8 byte=22' 'w 8 16 byte=33' > /tmp/null
like "$(power_words bd)" '^power=on cached=[1-9][0-9]* volatile=2 views=0$' 'status counts cached bytes and volatile writes'
like "$(bd_msg bd volatile)" '^1 write [a-z,]* 0 8 8 [0-9]+
2 write [a-z,]* 8 16 16 [0-9]+$' 'volatile lists writes with sector, sectors and units'

# Messages and errors
is "$(bd_msg bd power-cut survive=none seed=5)" \
	'cut=1 volatile=2 survived=0 torn=0 lost=2 survive=none seed=5' \
		'power-cut answers with the counts of volatile, surviving and lost writes'
like "$(power_words bd)" '^power=off cached=[0-9]* volatile=0 views=0$' 'status shows the power off after a cut'
is "$(ios $bd 'r 0 8' 'w 0 8' f)" 'EIO EIO EIO' 'I/O fails while the power is off'
fails_with EINVAL 'power-cut while the power is off is refused' bd_msg bd power-cut
is "$(io_bytes "$dev" 0 16)" '11*4096 00*4096' 'the device below has the durable version after a cut'
is "$(bd_msg bd power-on)" 'cut=1 volatile=2 survived=0 torn=0 lost=2 survive=none seed=5' \
	'power-on answers with the line of the cut'
fails_with EINVAL 'power-on while the power is on is refused' bd_msg bd power-on
is "$(io_bytes $bd 0 16)" '11*4096 00*4096' 'a read returns the durable version after power-on'
for word in survive=some survive=none:1/2 lose=x lose=3-1 seed=x foo=1 foo 'survive=none survive=all'; do
	# shellcheck disable=SC2086 # several words
	fails_with EINVAL "power-cut $word is refused" bd_msg bd power-cut $word
done
is "$(power_words bd)" 'power=on cached=0 volatile=0 views=0' 'a refused cut leaves the power on'

# survivors CHOICE...: bytes after a cut of five writes to sectors 0, 1, 2, 3, 4
survivors() {
	ios $bd 'w 0 8 byte=00' f 'w 0 1 byte=01' 'w 1 1 byte=02' 'w 2 1 byte=03' 'w 3 1 byte=04' 'w 4 1 byte=05' > /tmp/null
	cut_with "$@"
	io_bytes $bd 0 5
}
all='01*512 02*512 03*512 04*512 05*512'
is "$(survivors survive=none)" '00*2560' 'survive=none leaves no volatile write'
is "$(survivors survive=all)" "$all" 'survive=all leaves all volatile writes'
is "$(survivors survive=none keep=2,4-5)" '00*512 02*512 00*512 04*512 05*512' \
	'keep= leaves the writes with the given numbers'
is "$(survivors survive=all lose=1-2,5)" '00*1024 03*512 04*512 00*512' \
	'lose= loses the writes with the given numbers'
is "$(survivors survive=writes:0/1)" '00*2560' 'survive=writes:0/1 leaves no volatile write'
is "$(survivors survive=units:1/1)" "$all" 'survive=units:1/1 leaves all volatile writes'
is "$(survivors survive=data)" "$all" 'survive=data leaves writes without REQ_META'
is "$(survivors survive=meta)" '00*2560' 'survive=meta leaves no write without REQ_META'
# states POLICY: how many different outcomes 12 seeds have
states() {
	local seed
	for ((seed = 0; seed < 12; seed++)); do survivors "survive=$1" seed=$seed; done | sort -u
}
is "$(states one-lost | wc -l) $(states one-kept | wc -l)" '5 5' \
	'one-lost and one-kept choose each of five writes for some seed'
is "$(states prefix | grep -vcE '^((01\*512( 02\*512( 03\*512( 04\*512( 05\*512)?)?)?)?)? ?)?(00\*[0-9]*)?$')" 0 \
	'survive=prefix leaves the first writes only'
once=$(survivors seed=3)
is "$(survivors seed=3)" "$once" 'the same seed leaves the same data'

# Any version since the durable one may survive.
ios $bd 'w 0 1 byte=00' f 'w 0 1 byte=01' 'w 0 1 byte=02' 'w 0 1 byte=03' > /tmp/null
cut_with survive=all lose=3
is "$(io_bytes $bd 0 1)" '02*512' 'a version between the durable and the newest one can survive'
is "$(io_bytes "$dev" 0 1)" '02*512' 'survivors are on the device below without a flush'

# Units
dmsetup remove bd
bd_create bd "$dev" seed=7 cache=1M atomic-write=4K
is "$(bd_rules bd)" 'cache=1048576 atomic-write=4096 seed=7' 'the table shows atomic-write='
ios $bd 'w 0 16 byte=00' f 'w 4 8 byte=11' > /tmp/null
like "$(bd_msg bd volatile)" ' 4 8 2 [0-9]+$' 'a write over a multiple of atomic-write= has two units'
torn=''
for ((seed = 0; seed < 20 && !${#torn}; seed++)); do
	ios $bd 'w 0 16 byte=00' f 'w 4 8 byte=11' > /tmp/null
	cut_with survive=units seed=$seed
	[[ $cut != *torn=1* ]] || torn=$(io_bytes $bd 0 16)
done
like "$torn" '^(00\*2048 11\*2048 00\*4096|00\*4096 11\*2048 00\*2048)$' \
	'a torn write ends or begins at a multiple of atomic-write='

# Held I/O
bd_msg bd power-cut > /tmp/null
bd_msg bd power-on > /tmp/null
ios $bd 'w 0 16 byte=00' f > /tmp/null
bd_start bd suspend event=write_aio tag=early sector=0 suspend event=pwritev_done tag=late sector=8
hold bd 1 /tmp/early 'w 0 8 byte=11'
hold bd 2 /tmp/late 'w 8 8 byte=22'
like "$(bd_msg bd power-cut survive=all)" '^cut=[0-9]+ volatile=1 survived=1 torn=0 lost=0 survive=all seed=[0-9]+$' \
	'a write held at pwritev_done is volatile, one held before its check is not'
eventually 'a write held before its check ends in EIO' file_is /tmp/early EIO
eventually 'a write held at pwritev_done ends in EIO' file_is /tmp/late EIO
is "$(bd_status bd held)" 0 'nothing is held while the power is off'
hits_before=$(bd_hits bd)
bd_msg bd add inject-error errno=ENOSPC > /tmp/null
is "$(ios $bd 'r 0 8' 'w 0 8') $(bd_hits bd)" "EIO EIO $hits_before 0" 'I/O meets no rule while the power is off'
bd_msg bd reset
bd_msg bd power-on > /tmp/null
is "$(io_bytes $bd 0 16)" '00*4096 22*4096' 'a write held at pwritev_done survives a cut with survive=all'

# Events
bd_start bd set-state event=power_cut new_state=5 set-state event=power_on state=5 new_state=6
bd_msg bd power-cut > /tmp/null
answers 5 'the event power_cut moves the state' bd state
bd_msg bd power-on > /tmp/null
answers 6 'the event power_on moves the state' bd state
bd_msg bd reset

# The action
is "$(ios $bd 'w 0 16 byte=00' f)" 'ok ok' 'a flush before the rule succeeds'
bd_start bd power-cut seed=9 keep=2 lose=1,3-4 iotype=write after=1 survive=all
is "$(bd_list bd)" '0 - power-cut iotype=write after=1 survive=all lose=1,3-4 keep=2 seed=9' \
	'the keys of power-cut stand last in a rule'
is "$(ios $bd 'w 0 8 byte=11' 'w 8 8 byte=22' 'w 0 8 byte=33' f)" 'ok EIO EIO EIO' \
	'the write whose rule cuts the power fails, and so does all I/O after it'
eventually 'a rule turns the power off' bd_status_is bd power off
like "$(bd_msg bd power-on)" '^cut=[0-9]+ volatile=2 survived=1 torn=0 lost=1 survive=all seed=9$' \
	'the write whose rule cuts the power counts as volatile'
is "$(io_bytes $bd 0 16)" '00*4096 22*4096' 'the write whose rule cuts the power survives with keep='
like "$(bd_list bd)" '^1 used power-cut ' 'power-cut is used up by one hit'
is "$(ios $bd 'w 0 8' f)" 'ok ok' 'a used-up power-cut rule lets writes pass'
bd_start bd power-cut iotype=flush
is "$(ios $bd f 'r 0 8')" 'EIO EIO' 'a flush that a power-cut rule matches cuts the power'
bd_msg bd power-on > /tmp/null
bd_start bd power-cut iotype=read
is "$(ios $bd 'r 0 8')" EIO 'a read that a power-cut rule matches cuts the power'
bd_msg bd power-on > /tmp/null
bd_msg bd reset
for word in survive=some lose=x keep=2-1 seed=-1 errno=EIO; do
	fails_with EINVAL "a power-cut rule with $word is refused" bd_msg bd add power-cut $word
done

# Suspend, reload
io $bd 'w 0 8 byte=44' > /tmp/null
bd_msg bd power-cut survive=all > /tmp/null
dmsetup suspend bd
dmsetup resume bd
is "$(bd_status bd power) $(io_read $bd 0 8)" 'off EIO' 'the power stays off over a suspend'
bd_load bd "$dev" seed=7 cache=1M
dmsetup resume bd
is "$(bd_status bd power) $(io_bytes $bd 0 8)" 'on 44*4096' \
	'a new table starts with the power on and has the survivors'

# Without a cache
bd_load bd "$dev" seed=7
dmsetup resume bd
io $bd 'w 0 8 byte=55' > /tmp/null
like "$(bd_msg bd power-cut survive=none)" '^cut=1 volatile=0 survived=0 torn=0 lost=0 survive=none seed=[0-9]+$' \
	'power-cut without a cache is allowed'
is "$(ios $bd 'r 0 8' 'w 0 8' f)" 'EIO EIO EIO' 'I/O without a cache fails while the power is off'
bd_msg bd power-on > /tmp/null
is "$(io_bytes $bd 0 8)" '55*4096' 'a write that completed without a cache survives a cut'
dmsetup remove bd

# Groups
ram_disk
one=$dev
ram_disk
bd_create a "$one" seed=1 cache=1M power=psu
bd_create b "$dev" seed=2 power=psu
bd_create c "$dev" seed=3
is "$(bd_rules a)" 'cache=1048576 power=psu seed=1' 'the table shows the power supply'
bd_msg a power-cut > /tmp/null
is "$(io_read /dev/mapper/a 0 8) $(io_read /dev/mapper/b 0 8) $(io_read /dev/mapper/c 0 8)" 'EIO EIO ok' \
	'a cut of one device cuts the power of all devices of its supply'
fails_with EINVAL 'a second cut of the supply is refused' bd_msg b power-cut
bd_msg b power-on > /tmp/null
is "$(io_read /dev/mapper/a 0 8) $(io_read /dev/mapper/b 0 8)" 'ok ok' \
	'power-on of one device restores the power of all devices of its supply'

# Inactive tables: a cut does not concern them, and they start with the power on.
bd_load a "$one" seed=1 cache=1M power=psu
bd_msg b power-cut > /tmp/null
like "$(dmsetup status --inactive a)" ' power=on ' 'a cut of the supply leaves the power of an inactive table on'
dmsetup resume a
is "$(bd_status a power) $(io_read /dev/mapper/a 0 8) $(bd_status b power)" 'on ok off' \
	'a table loaded before a cut of its supply starts with the power on'
bd_load b "$dev" seed=2 power=psu
dmsetup resume b
is "$(bd_status b power) $(io_read /dev/mapper/b 0 8)" 'on ok' 'a table loaded after a cut of its supply starts with the power on'
like "$(bd_msg b power-cut)" '^cut=1 ' 'a new table counts its own cuts'
is "$(bd_status a power) $(bd_status b power)" 'off off' 'a cut concerns all tables of the supply that have started'
dmsetup suspend a
dmsetup resume a
is "$(bd_status a power)" off 'a resume of the same table leaves the power off'
bd_msg a power-on > /tmp/null
for name in a b c; do dmsetup remove $name; done

# One target of a supply on another. Its new table joins the supply behind the upper target.
bd_create lower "$dev" seed=1 power=psu
bd_create upper /dev/mapper/lower seed=2 cache=1M power=psu
bd_load lower "$dev" seed=1 power=psu suspend event=flush_to_disk tag=below
dmsetup resume lower
io /dev/mapper/upper 'w 0 8 byte=66' > /tmp/null
background /tmp/flush io /dev/mapper/upper f
wait_until bd_status_is lower held 1
background /tmp/cut bd_msg upper power-cut
eventually 'a cut of the upper target does not wait for a hold of the lower one' file_like /tmp/cut '^cut=1 '
eventually 'the flush that the lower target held ends in EIO' file_is /tmp/flush EIO
dmsetup remove upper
dmsetup remove lower

like "$(cat /sys/module/dm_blkdebug/parameters/features)" ' power_cut power_on .* cache atomic-write power .* power-cut power-on volatile mark unmark' \
	'features lists the events, options and messages of power cuts'

done_testing

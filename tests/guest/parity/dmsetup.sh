# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The same commands to dmsetup with the original targets and to blkdebug-dmsetup: the
# same output, exit status and I/O results.

# shellcheck source=tests/lib/parity.sh
. "${BASH_SOURCE[0]%/*}/../../lib/parity.sh"

shim=/scripts/blkdebug-dmsetup
export BLKDEBUG_STATE=/tmp/blkdebug-state BLKDEBUG_LOG=/tmp/blkdebug-log
rm -rf "$BLKDEBUG_STATE" "$BLKDEBUG_LOG"
has_module dm-flakey
has_module dm-delay
parity_disks loop_disk 2

# number_of DISK: prints major:minor
number_of() { echo "$((16#$(stat -c %t "$1"))):$((16#$(stat -c %T "$1")))"; }
theirs_number=$(number_of "$theirs_disk") ours_number=$(number_of "$ours_disk")

# run_one NAME DISK NUMBER PROGRAM ARG...: prints the output, with NAME, DEVICE and
# NUMBER for those of this device, and the exit status. Newer kernels show the features
# that flakey has without any.
run_one() {
	local name=$1 disk=$2 number=$3 output status=0
	shift 3

	output=$("${@//DEVICE/$disk}" 2>&1 <<< "${input//DEVICE/$disk}") || status=$?
	output=${output//$number/NUMBER}
	output=${output//$disk/DEVICE}
	output=${output//2 error_reads error_writes /0 }
	echo "${output//$name/NAME}, status $status"
}

# both_run DESC ARG...: the arguments NAME... have the same result with both programs;
# it is left in $result
input=''
both_run() {
	local desc=${1//$'\n'/, } theirs
	shift

	theirs=$(run_one theirs "$theirs_disk" "$theirs_number" dmsetup "${@//NAME/theirs}")
	result=$(run_one ours "$ours_disk" "$ours_number" "$shim" "${@//NAME/ours}")
	is "$result" "$theirs" "$desc"
}

# is_blkdebug DESC: ours is a blkdebug device
is_blkdebug() { like "$(dmsetup table ours)" ' blkdebug ' "$1"; }

# create LINE: creates both devices
create() {
	remove_both
	fill_both 11
	both_run "create: $1" create NAME --table "$1"
	is_blkdebug "blkdebug stands in for: $1"
	both_run "table: $1" table NAME
	both_run "status: $1" status NAME
}

# swap_table LINE: suspends, loads from stdin and resumes, as suites do
swap_table() {
	both_run "suspend before load: $1" suspend --nolockfs NAME
	input=$1
	both_run "load from stdin: $1" load NAME
	input=''
	both_run "resume after load: $1" resume NAME
}

# --- flakey, error, delay, and tables of several lines ---

create '0 4096 flakey DEVICE 0 180 0'
alike 'ok ok' 'flakey is up' 'r 0 8' 'w 0 8 byte=22'
swap_table '0 4096 flakey DEVICE 0 0 180 1 drop_writes'
both_run 'table after load and resume' table NAME
alike 'ok ok' 'flakey drops writes after load' 'w 0 8 byte=33' 'r 0 8 byte=22'
swap_table '0 4096 flakey DEVICE 0 0 180 1 error_writes'
alike 'ok EIO' 'flakey fails writes after load' 'r 0 8' 'w 0 8'
both_run 'table of the live table while another is loaded' table NAME
swap_table $'0 1024 linear DEVICE 0\n1024 64 error DEVICE 1024\n1088 3008 linear DEVICE 1088'
alike 'ok EIO ok' 'error amid linear fails its sectors' 'r 0 8' 'r 1024 8' 'r 1088 8'
both_run 'table of several lines' table NAME
both_run 'status of several lines' status NAME
both_run 'a table that the target refuses is refused' load NAME --table '0 4096 flakey DEVICE 0 0 180 1 drop'
both_run 'remove' remove NAME

create '0 4096 delay DEVICE 0 0'
swap_table '0 4096 delay DEVICE 0 10 DEVICE 0 0'
both_run 'table of delays' table NAME
both_run 'remove' remove NAME

create '0 4096 flakey DEVICE 0 0 180 5 corrupt_bio_byte 32 r 1 0'
both_run 'rename' rename NAME NAME2
both_run 'table after rename' table NAME2
both_run 'remove after rename' remove NAME2

# --- Commands and tables that are not converted ---

both_run 'create: flakey with two intervals' create NAME --table '0 4096 flakey DEVICE 0 90 90 1 error_writes'
unlike "$(dmsetup table ours)" blkdebug 'flakey with two intervals is loaded as it is'
like "$(< "$BLKDEBUG_LOG")" 'not converted: 0 4096 flakey [^ ]* 0 90 90 .*no rule follows a clock' 'the log tells why flakey with two intervals is not converted'
both_run 'remove flakey with two intervals' remove NAME

# --- The log ---

: > "$BLKDEBUG_LOG"
$shim create ours --table "0 4096 error $ours_disk 0"
ios /dev/mapper/ours 'r 0 8' 'w 0 8' > /dev/null
$shim remove ours
like "$(< "$BLKDEBUG_LOG")" '^ours: create: 0 4096 error .* => 0 4096 blkdebug .*ours: ends: 0 4096 error [^:]*: .* injected=2 .*ours: struck: rule 1, 2 hits: inject-error' \
	'the log has the conversion, and the hits at the end'
like "$($shim targets)" $'\n''dust  *v' 'targets lists dust, on kernels without it, too'

# --- dust ---

if has_module dm-dust; then
	create '0 4096 dust DEVICE 0 4096'
	for message in 'addbadblock 67' 'addbadblock 60' 'addbadblock 60' countbadblocks listbadblocks 'queryblock 60' \
		'queryblock 61' 'removebadblock 61' 'removebadblock 60' 'removebadblock 60' 'addbadblock x' \
		clearbadblocks clearbadblocks listbadblocks countbadblocks quiet 'AddBadBlock 5' enable; do
		# shellcheck disable=SC2086 # several words
		both_run "message: $message" message NAME 0 $message
	done
	both_run 'status of an enabled, quiet dust' status NAME
	alike 'EIO ok ok' 'dust fails reads of a bad block until a write' 'r 40 8' 'w 40 8 byte=22' 'r 40 8 byte=22'
	both_run 'listbadblocks of a healed block' message NAME 0 listbadblocks
	both_run 'removebadblock of a healed block' message NAME 0 removebadblock 5
	both_run 'addbadblock of a healed block' message NAME 0 addbadblock 5
	both_run 'countbadblocks after a second addbadblock' message NAME 0 countbadblocks
	both_run 'message: disable' message NAME 0 disable
	both_run 'message: no such message' message NAME 0 addbadblocks 1
	both_run 'remove' remove NAME
else
	skip 'this kernel has no dm-dust'
fi

done_testing

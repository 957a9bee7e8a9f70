# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the topics parity-*: another target as /dev/mapper/theirs, beside
# /dev/mapper/ours with the table that scripts/blkdebug-convert prints for it.
# Each has a disk of its own, of the same kind and with the same data.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/topic.sh"

require has_module dm-blkdebug
parity_sectors=4096

# Lines and messages of the other target, and the output of the converter for each.
all_theirs=()
declare -A converted
while IFS= read -r line; do
	case $line in
	'' | '#'*) ;;
	$'\t'*) converted[${all_theirs[-1]}]=${line#$'\t'} ;;
	*)
		all_theirs+=("$line")
		converted[$line]=''
		;;
	esac
done < "$tests_dir/guest/parity/converted"

# convert LINE: sets $ours to the converted line or message, which must be one
# of the list that is tested on the host, too
declare -A used
convert() {
	[[ -n ${converted[$1]+known} ]] || { not_ok "tests/guest/parity/converted has '$1'"; return 1; }
	used[$1]=yes
	ours=${converted[$1]}
}

# parity_disks COMMAND...: makes two disks with the command
parity_disks() {
	"$@" && theirs_disk=$dev && "$@" && ours_disk=$dev
}

remove_both() {
	local name

	for name in theirs ours; do
		[[ ! -e /dev/mapper/$name ]] || dmsetup remove $name
	done
}

# fill_both BYTE: fills both disks
fill_both() {
	io "$theirs_disk" "w 0 $parity_sectors byte=$1" > /dev/null
	io "$ours_disk" "w 0 $parity_sectors byte=$1" > /dev/null
}

# create_both THEIRS OURS: creates both devices; DEVICE in a table stands for
# the disk
create_both() {
	remove_both
	fill_both 11
	dmsetup create theirs --table "${1//DEVICE/$theirs_disk}" &&
		dmsetup create ours --table "${2//DEVICE/$ours_disk}"
}

# prints LINE: the table of ours is the converted LINE, but for the seed
prints() {
	local start length device offset rules

	# shellcheck disable=SC2034 # the device, which is a number here
	read -r start length _ device offset _ rules < <(dmsetup table ours)
	is "$start $length blkdebug DEVICE $offset${rules:+ $rules}" "$ours" "table of ours: $1"
}

# beside LINE: creates both devices, ours from the converted LINE
beside() {
	local ours

	convert "$1" || return
	create_both "$1" "$ours" || { not_ok "loads: $1"; return 1; }
	prints "$1"
}

# beside_none LINE REASON COUNT: creates ours only, and skips COUNT tests
beside_none() {
	local ours

	convert "$1" || return
	remove_both
	dmsetup create ours --table "${ours//DEVICE/$ours_disk}"
	prints "$1"
	skip "$2" "$3"
}

# tell LINE MESSAGE...: sends the message to theirs and the converted one to
# ours; sets theirs_answer and ours_answer
tell() {
	local ours

	convert "$1: ${*:2}" || return
	# shellcheck disable=SC2034 # for the topic
	theirs_answer=$(dmsetup message theirs 0 "${@:2}") || return
	# shellcheck disable=SC2034,SC2086 # for the topic; several words
	[[ -z $ours ]] || ours_answer=$(dmsetup message ours 0 $ours)
}

# below: prints "same data", or the data of both disks
below() {
	local theirs ours

	theirs=$(io_bytes "$theirs_disk" 0 $parity_sectors)
	ours=$(io_bytes "$ours_disk" 0 $parity_sectors)
	if [[ $theirs == "$ours" ]]; then echo same data; else echo "$theirs but $ours"; fi
}

# alike WANT DESC OP...: the same I/O has the results WANT on both devices and
# leaves the same data below
alike() {
	is "$(ios /dev/mapper/theirs "${@:3}"), $(ios /dev/mapper/ours "${@:3}"), $(below)" \
		"$1, $1, same data" "$2"
}

# differ THEIRS OURS DESC OP...: the same I/O has different results, as
# documented
differ() {
	is "$(ios /dev/mapper/theirs "${@:4}"), $(ios /dev/mapper/ours "${@:4}")" "$1, $2" "$3"
}

# refuses LINE: a line or message that the converter refuses is refused by
# theirs
refuses() {
	local table=${1%%: *} message

	message=${1#"$table"}
	table=${table//DEVICE/$theirs_disk}
	if [[ -z $message ]]; then
		# flakey of 6.12 accepts this combination, and errors take
		# precedence.
		if [[ $table == *' error_writes random_'* ]] &&
			dmsetup create theirs --table "$table" 2> /tmp/null; then
			dmsetup remove theirs
			skip 'this kernel takes that'
			return
		fi
		fails_with EINVAL "refused: $1" dmsetup create theirs --table "$table"
		return
	fi
	dmsetup create theirs --table "$table"
	# shellcheck disable=SC2086 # several words
	fails_with EINVAL "refused: $1" dmsetup message theirs 0 ${message#: }
	dmsetup remove theirs
}

# try_the_rest TARGET: all lines of TARGET in the list were tried; those that
# the converter refuses are tried here
try_the_rest() {
	local theirs left=()

	remove_both
	for theirs in "${all_theirs[@]}"; do
		[[ $theirs == *" $1 "* ]] || continue
		case ${converted[$theirs]} in
		'! '*) refuses "$theirs" ;;
		*) [[ -n ${used[$theirs]-} ]] || left+=("$theirs") ;;
		esac
	done
	is "${left[*]}" '' "all lines of $1 in tests/guest/parity/converted are tried"
}

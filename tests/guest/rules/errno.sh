# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# errno=: the errnos that bios carry are accepted by name and number; all others
# are refused.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

bd_sectors=2048
bd_setup ram_disk

declare -A number_of=(
	[EIO]=5 [ENXIO]=6 [ENOMEM]=12 [EBUSY]=16 [ENODEV]=19 [EINVAL]=22 [ENOSPC]=28 [ENOLINK]=67
	[EBADE]=52 [ENODATA]=61 [ETIME]=62 [EOVERFLOW]=75 [EILSEQ]=84 [EOPNOTSUPP]=95
	[ETOOMANYREFS]=109 [ETIMEDOUT]=110 [EREMOTEIO]=121
)
while read -r kind words; do
	[[ $kind != errnos* ]] || read -ra errnos <<< "$words"
done < /sys/module/dm_blkdebug/parameters/features
like "${#errnos[@]}" '^1[0-9]$' 'features lists between 10 and 19 errnos'

# A rule for each errno, each on a sector of its own, by name and by number.
by_name=() by_number=() printed=() ops=() sector=0
for errno in "${errnos[@]}"; do
	by_name+=("inject-error sector=$sector errno=$errno")
	by_number+=("inject-error sector=$sector errno=${number_of[$errno]}")
	printed+=("inject-error sector=$sector errno=$errno")
	ops+=("r $sector 1" "w $sector 1")
	((sector += 8))
done
twice=()
for errno in "${errnos[@]}"; do twice+=("$errno" "$errno"); done
succeeds 'each listed errno is accepted by name' bd_msg bd replace "${by_name[*]}"
is "$(ios $bd "${ops[@]}")" "${twice[*]}" 'the submitter of a read or a write gets each listed errno'
succeeds 'each listed errno is accepted by number' bd_msg bd replace "${by_number[*]}"
is "$(ios $bd "${ops[@]}")" "${twice[*]}" 'an errno given by number reaches the submitter'
expected=${printed[*]}
is "$(bd_rules bd)" "seed=7 ${expected/ errno=EIO/}" 'an errno given by number is printed by name'
bd_msg bd replace "${by_name[@]/%/ immediately=on}" > /dev/null
is "$(ios $bd "${ops[@]}")" "${twice[*]}" 'immediately=on delivers each listed errno'

# An errno that features does not list is refused by name and by number.
bd_msg bd clear
for errno in "${!number_of[@]}"; do
	has_feature errnos "$errno" || fails_with EINVAL "errno=$errno, which features does not list, is refused" bd_msg bd add inject-error errno="$errno"
done
for errno in EREMCHG EAGAIN EWOULDBLOCK EPERM ENOENT EINTR EFAULT EROFS EDQUOT EUCLEAN ERESTARTSYS EFOO; do
	fails_with EINVAL "errno=$errno is refused" bd_msg bd add inject-error errno=$errno
done
listed=' 0 ' numbers=({1..31})
for errno in "${errnos[@]}"; do
	n=${number_of[$errno]}
	listed+="$n "
	((n < 32)) || numbers+=($((n - 1)) $((n + 1)))
done
wrong=()
for n in 0 "${numbers[@]}" 131 133; do
	taken=no wanted=no
	[[ $listed != *" $n "* ]] || wanted=yes
	! bd_load bd "$dev" inject-error errno="$n" 2> /dev/null || taken=yes
	[[ $taken == "$wanted" ]] || wrong+=("$n")
done
is "${wrong[*]}" '' 'of the unlisted numbers only 0 is accepted'
succeeds 'a hexadecimal errno is accepted' bd_msg bd add inject-error errno=0x1c
is "$(bd_rules bd)" 'seed=7 inject-error errno=ENOSPC' 'a hexadecimal errno is printed by name'
fails_with EINVAL 'a number larger than any errno is refused' bd_msg bd add inject-error errno=4096
fails_with EINVAL 'a number that wraps to an errno in 16 bits is refused' bd_msg bd add inject-error errno=65541

# --- errno=0: a hit without an error ---

read -r ram_number < "/sys/class/block/${dev##*/}/dev"
# queued_by OP: prints the tasks that submit the bios of OP to the disk below
queued_by() {
	local tracing=/sys/kernel/tracing

	: > $tracing/trace
	echo 1 > $tracing/events/block/block_bio_queue/enable
	io $bd "$1" > /dev/null
	echo 0 > $tracing/events/block/block_bio_queue/enable
	sed -n "s/.*block_bio_queue: ${ram_number/:/,} .*\[\(.*\)\]$/\1/p" $tracing/trace | sort -u
}

if [[ -d /sys/kernel/tracing/events/block ]]; then
	bd_msg bd replace inject-error sector=8 errno=0 > /dev/null
	is "$(queued_by 'w 8 8')" io 'a write that an errno=0 rule passes is submitted by its submitter'
	is "$(bd_list bd)" '1 - inject-error sector=8 errno=0' 'an errno=0 rule counts a hit'
	bd_msg bd add inject-error sector=16 healed=on > /dev/null
	is "$(queued_by 'w 8 8')" io 'a healed=on rule elsewhere leaves the submitting task of a write unchanged'
	is "$(queued_by 'w 8 16')" io 'a write that heals sectors is submitted in its order'
else
	skip 'needs block tracepoints' 4
fi

done_testing

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# features: the names that the module knows.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
parameter=$(< /sys/module/dm_blkdebug/parameters/features)
like "$parameter" '.' 'the module parameter features can be read before there is a device'
ram_disk
bd_create bd "$dev"
answers "$parameter" 'the message features answers with the same text' bd features

declare -A words
while read -r kind rest; do words[${kind%:}]=$rest; done <<< "$parameter"
is "${words[actions]}" 'inject-error set-state suspend delay drop corrupt tear misdirect power-cut' 'features lists all actions'
is "${words[keys]}" 'event state sector iotype flags comm tag after interval probability errno once times immediately healed transfer new_state ms us jitter byte value bits on sectors to survive lose keep seed' 'features lists all keys'
is "${words[iotypes]}" 'read write write-zeroes discard flush secure-erase zone-append zone-mgmt' 'features lists all iotypes'
like "${words[flags]}" '^fua meta sync prio rahead nowait( atomic)?$' 'features lists the flags'
like " ${words[errnos]} " ' EIO .* ENOSPC ' 'features lists EIO and ENOSPC'
unlike " ${words[errnos]} " ' (EAGAIN|EREMCHG|EPERM) ' 'features lists no errno that cannot be injected'
like " ${words[events]} " ' none .* pwritev_rmw.after_head .* user' 'features lists the events'
# "user.*" stands for all user events.
read -ra events <<< "${words[events]}"
is ${#events[@]} 55 'features lists 54 events and "user.*"'

is "${words[messages]}" 'event break remove_break resume wait_break is_suspended held add replace remove clear reset list wait_hits state stats features power-cut power-on volatile mark unmark' \
	'features lists all messages'

# Each listed word is accepted by this kernel.
rules=''
for event in "${events[@]}"; do rules+=" inject-error event=${event/\*/x}"; done
for iotype in ${words[iotypes]}; do rules+=" inject-error iotype=$iotype"; done
for flag in ${words[flags]}; do rules+=" inject-error flags=$flag"; done
for errno in ${words[errnos]}; do rules+=" inject-error errno=$errno"; done
succeeds 'a table with every listed event, iotype, flag and errno loads' bd_load bd "$dev" "$rules"

done_testing

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the module says it knows.

# shellcheck source=tests/lib/topic.sh
. "${BASH_SOURCE[0]%/*}/../../lib/topic.sh"

has_module dm-blkdebug
parameter=$(< /sys/module/dm_blkdebug/parameters/features)
like "$parameter" '.' 'features can be read before there is a device'
ram_disk
bd_create bd "$dev"
answers "$parameter" 'the message says the same' bd features

declare -A words
while read -r kind rest; do words[${kind%:}]=$rest; done <<< "$parameter"
is "${words[actions]}" 'inject-error set-state suspend delay drop corrupt tear misdirect' 'actions'
is "${words[keys]}" 'event state sector iotype flags comm tag after interval probability errno once times immediately healed transfer new_state ms us jitter byte value bits on sectors to' 'keys'
is "${words[iotypes]}" 'read write write-zeroes discard flush secure-erase zone-append zone-mgmt' 'iotypes'
like "${words[flags]}" '^fua meta sync prio rahead nowait( atomic)?$' 'flags'
like " ${words[errnos]} " ' EIO .* ENOSPC ' 'errnos'
unlike " ${words[errnos]} " ' (EAGAIN|EREMCHG|EPERM) ' 'but not those that nobody can inject'
like " ${words[events]} " ' none .* pwritev_rmw.after_head .* user' 'events'
# "user.*" is not one.
read -ra events <<< "${words[events]}"
is ${#events[@]} 53 'there are 52, and those of users'

# Each word is taken, on this kernel.
rules=''
for event in "${events[@]}"; do rules+=" inject-error event=${event/\*/x}"; done
for iotype in ${words[iotypes]}; do rules+=" inject-error iotype=$iotype"; done
for flag in ${words[flags]}; do rules+=" inject-error flags=$flag"; done
for errno in ${words[errnos]}; do rules+=" inject-error errno=$errno"; done
succeeds 'all of them are taken' bd_load bd "$dev" "$rules"

done_testing

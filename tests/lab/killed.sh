#!/usr/bin/env bash
# Supervisor and worker killed at random moments of each phase of an erase of three passes; `resume` carries on, and a
# judge of its own (openssl) looks at every certificate and every byte.
. "$(dirname "$0")/lib.sh"

rounds=${QUIETUS_KILLS:-20}
seed=${QUIETUS_SEED:-$RANDOM}
case_is "killed $rounds times in each phase, seed $seed"
new_state
new_loop disk 16M
fill_random "$disk"
dd if="$disk" of="$work/old" bs=1M iflag=direct status=none
learn_what_to_accept
mapfile -t rules < <(tr ' ' '\n' <<<"${accept[*]}" | grep -v '^--accept$' || true)
"$python" -B "$here/killed.py" "$quietus" "$disk" "$work/state" "$source_folder/certs/verify.sh" "$work/old" \
    "$rounds" "$seed" "${rules[@]}" || fail "see above"
ok
finished

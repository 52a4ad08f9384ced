#!/usr/bin/env bash
# nvme-trap (the fifth argument): one loop device takes NVMe admin commands, what is beside it is as ever, and a program under it is
# not disturbed.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
nvme_trap=${5:?nvme-trap is the fifth argument}
learn_what_to_accept
new_state
new_loop disk 4M
new_loop beside 4M
get_log=$((127 << 16 | 0x81))

# trapped [OPTION VALUE]… -- COMMAND…
trapped() { timeout 60 "$nvme_trap" --device "$disk" --control "$work/control" "$@"; }
# admin OPCODE NSID CDW10 [BYTES [TIMEOUT [WIDTH]]]: on the disk; what was said is in $work/said.
admin=("$python" -B "$here/nvme_admin.py" "$disk")
# expect_said LINE COMMAND…: the first that it says.
expect_said() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || fail "said '$got': $*"
    got=${got%%$'\n'*}
    [ "$got" = "$wanted" ] || fail "said '$got', expected '$wanted': $*"
}
old_data() {
    fill_random "$disk"
    fill_random "$beside"
    before=$(digest "$disk")
    before_beside=$(digest "$beside")
}
zeros=$(head -c 4M /dev/zero | sha256sum | cut -d' ' -f1)

case_is "without it the loop device takes no such command"
expect_said EINVAL "${admin[@]}" 0x06 0 1 4096
ok

case_is "a sanitize operation by the clock, over both ioctls"
old_data
trapped --clock manual -- bash -c "
    say() { $python -c 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode()); print(s.recv(999).decode(), end=str())' $work/control \"\$1\"; }
    ${admin[*]} 0x06 0 1 72
    ${admin[*]} 0x84 0 2 0 0 32
    say 'advance 500'
    ${admin[*]} 0x02 0xffffffff $get_log 8
    say 'advance 500'
    ${admin[*]} 0x02 0xffffffff $get_log 8 0 32
    say 'count 84'" >"$work/said"
mapfile -t said <"$work/said"
[ "${said[0]} ${said[1]:8:18}" = "0 4d4f44454c30303031" ] || fail "Identify: ${said[*]:0:2}"
[ "${said[*]:2}" = "0 ok 0 0080020002000000 ok 0 ffff010102000000 ok 1" ] || fail "sanitize: ${said[*]:2}"
[ "$(digest "$disk")" = "$zeros" ] || fail "the disk was not erased"
[ "$(digest "$beside")" = "$before_beside" ] || fail "the disk beside it was written"
ok

case_is "what is beside it goes to the kernel"
expect_said EINVAL trapped -- "$python" -B "$here/nvme_admin.py" "$beside" 0x84 0 2
is_loop='import fcntl, sys; fcntl.ioctl(open(sys.argv[1]), 0x4C05, bytearray(232)); print("loop")'
expect_said loop trapped -- "$python" -c "$is_loop" "$beside"
trapped -- "$python" -c "$is_loop" "$disk" >"$work/said" 2>&1 && fail "it says that it is a loop device"
grep -q 'Inappropriate ioctl' "$work/said" || fail "$(cat "$work/said")"
ok

case_is "a drive that lies"
old_data
expect_said 0 trapped --personality lying --knob sanitize_takes=0 -- "${admin[@]}" 0x84 0 2
[ "$(digest "$disk")" = "$before" ] || fail "a lying drive erased"
expect_said 0 trapped --personality half-erasing --knob sanitize_takes=0 -- "${admin[@]}" 0x84 0 2
cmp -s -n $((2 << 20)) "$disk" /dev/zero || fail "the first half is not erased"
cmp -s -i $((2 << 20)) "$disk" /dev/zero && fail "the second half is erased"
ok

case_is "statuses and patience"
expect_said 4001 trapped --personality block-sid -- "${admin[@]}" 0x84 0 2
expect_said 410a trapped -- "${admin[@]}" 0x80 1 0x202
expect_said 0 trapped --knob format_takes=200 -- "${admin[@]}" 0x80 1 0x200 0 5000
expect_said EINTR trapped --knob format_takes=60000 -- "${admin[@]}" 0x80 1 0x200 0 100
expect_said ENODEV trapped --personality vanishing --knob sanitize_takes=1 -- bash -c \
    "${admin[*]} 0x84 0 2 >$work/first; until [ \"\$(${admin[*]} 0x06 0 1)\" = ENODEV ]; do :; done; echo ENODEV"
ok

case_is "what it remembers outlives it"
expect_said 0 trapped --clock manual --state "$work/drive" -- "${admin[@]}" 0x84 0 4
trapped --clock manual --state "$work/drive" -- "${admin[@]}" 0x02 0 "$get_log" 8 >"$work/said"
[ "$(tail -n 1 "$work/said")" = 0000020004000000 ] || fail "$(cat "$work/said")"
ok

case_is "exit status, signals, and a program that is not there"
expect_status 7 trapped -- sh -c 'exit 7'
expect_status 137 trapped -- sh -c 'kill -KILL $$'
expect_status 126 trapped -- "$work/none"
expect_status 64 trapped
background "$nvme_trap" --device "$disk" -- sh -c "trap 'exit 9' TERM; echo up >$work/up; while :; do sleep 0.1; done"
until_true 20 test -s "$work/up"
kill -TERM "$child"
status=0
wait "$child" || status=$?
[ "$status" = 9 ] || fail "SIGTERM was not handed on: $status"
ok

case_is "quietus itself, under it"
old_data
expect_status 0 trapped --loop shown -- "$quietus" erase "$disk" --confirm "$disk:$(size_of "$disk")" "${accept[@]}" --out "$work/evidence"
[ "$(digest "$disk")" != "$before" ] || fail "nothing was erased"
[ "$(digest "$beside")" = "$before_beside" ] || fail "the disk beside it was written"
ok
finished

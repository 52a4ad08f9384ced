#!/usr/bin/env bash
# nvme-target (the fifth argument) as the NVMe driver of a real kernel sees it: data, Sanitize with NSID 0 and Format by the block
# node, also where it is the head of several paths; a drive that is killed in the middle of a sanitize operation goes on with it.
# shellcheck disable=SC2154  # of lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"
nvme_target=${5:?nvme-target is the fifth argument}

case_is "a subsystem of two controllers"
new_image shown 16M
new_image hidden 4M
head -c 2M /dev/urandom >"$work/data"
# start PORT: with what it remembers.
start() {
    : >"$work/ready"
    background "$nvme_target" --controllers 2 --image "$work/shown.img" --image "$work/hidden.img:512:hidden" \
        --state "$work/state-of-drive" --control "$work/control" --listen "127.0.0.1:$1" --knob sanitize_takes=4000 >"$work/ready"
    target=$child
    until_true 20 grep -q ready "$work/ready"
    read -r _ _ listens name _ <"$work/ready"
    port=${listens##*:}
}
# say LINE: and the first line of the answer.
say() { "$python" -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode() + b"\n"); print(s.makefile().readline(), end="")' "$work/control" "$1"; }
is_half_done() { say status | grep -Eq 'progress=[3-9][0-9]'; }
start 0
echo "$port $name" >"$work/where"
add "$work/where" /lab/where
add "$work/data" /lab/data
add "$(realpath "$(type -P ip)")" /usr/sbin/ip
added+=(--module virtio_net --module nvme_tcp)
guest_in_background nvme_target.sh -netdev user,id=net -device virtio-net-pci,netdev=net
guest_says 120 READY
until_true 20 is_half_done
sanitizes=$(say "count 84")
end_child "$target" -KILL
start "$port"
guest_ends
result() { cat "$work/guest/$1.status"; }
expect_result() { [ "$(result "$1")" = "$2" ] || fail "$1 ended with $(result "$1"): $(cat "$work/guest/$1.out" "$work/guest/$1.err")"; }
ok

case_is "what is written is read"
cmp "$work/data" "$work/guest/read"
[ "$(jq -r '.sn + "/" + .mn' "$work/guest/id-ctrl.json" | tr -d ' ')" = MODEL0001/QUIETUSMODELNVME ] || fail "who is it?"
grep -q nvme0c0n1 "$work/guest/blocks" || fail "the block node is no head of paths: $(cat "$work/guest/blocks")"
ok

case_is "Sanitize with NSID 0 by the block node, also by another path"
expect_result block 0
expect_result crypto 0
cmp -s "$work/guest/after-block" /dev/zero || [ "$(tr -d '\0' <"$work/guest/after-block" | wc -c)" = 0 ] || fail "not erased"
expect_result read-while-sanitizing 1
[ "$sanitizes" = "ok 3" ] || fail "sanitize commands that arrived: $sanitizes"
ok

case_is "Format by the block node"
expect_result format-node 0
expect_result format-4096 0
[ "$(cat "$work/guest/sector-size")" = 4096 ] || fail "the sector is of $(cat "$work/guest/sector-size") bytes"
ok

case_is "killed in the middle, started again, it came to its end"
expect_result killed 0
expect_result after-kill 0
for each in shown hidden; do [ "$(tr -d '\0' <"$work/$each.img" | wc -c)" = 0 ] || fail "$each holds old data"; done
[ "$(say "count 84")" = "ok 3" ] || fail "another sanitize command"
ok
finished

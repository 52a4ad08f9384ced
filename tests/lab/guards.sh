#!/usr/bin/env bash
# What is in use is not erased: each case on real kernel objects, each refused with its own reason, the device the
# same afterwards to the last byte and nothing called certificate left behind.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
mkdir "$work/mnt" "$work/other"

# refused REASON DEVICE [STATUS [options…]]
refused() {
    local reason=$1 device=$2 wanted=${3:-77} before
    shift $(($# < 3 ? $# : 3))
    before=$(digest "$device")
    erase "$wanted" "$device" "$@"
    expect_one_error "$reason"
    assert_untouched "$device" "$before"
    ok "$(grep -m 1 '^quietus: error: ' "$work/err")"
}

# The kernel may put anything into active swap at any time; its header, and that no run was begun, is what holds still.
refused_swap() {
    local before
    before=$(dd if="$1" bs=4096 count=1 iflag=direct status=none | sha256sum)
    erase 77 "$1"
    expect_one_error '\[swap\]'
    [ "$(dd if="$1" bs=4096 count=1 iflag=direct status=none | sha256sum)" = "$before" ] || fail "its header was written"
    [ -z "$(find "$work/state/journal" -type f)" ] || fail "a run was begun"
    no_certificate
    ok "$(grep -m 1 '^quietus: error: ' "$work/err")"
}

new_loop disk 16M
mkfs.ext4 -q -F "$disk"

case_is "mounted"
mount "$disk" "$work/mnt"
refused 'mounted (at|on) .*\[mounted\]' "$disk"

case_is "loop over a file on its filesystem"
truncate -s 4M "$work/mnt/inner.img"
inner=$(losetup --find --show "$work/mnt/inner.img")
remember loop "$inner"
expect_status 77 "$quietus" erase "$disk" --confirm "$disk:$(size_of "$disk")" "${accept[@]}"
expect_stderr '\[loop-over\]'
no_certificate
losetup -d "$inner"
umount "$work/mnt"
ok "$(grep -m 1 'loop-over' "$work/err")"

case_is "mounted only in another mount namespace"
: >"$work/held"
background unshare --mount --propagation private bash -c \
    'mount "$1" "$2" && echo held && exec sleep infinity' - "$disk" "$work/other" >"$work/held"
until_true 20 grep -q held "$work/held"
if grep -q "^$disk " /proc/self/mounts; then fail "it is mounted here too"; fi
refused '\[mounted\]' "$disk"
end_child "$child"

case_is "lazily unmounted, a file still open"
mount "$disk" "$work/mnt"
hold file "$work/mnt/open-file"
# What the file system would write by itself some seconds later, and not we, it writes now.
sync -f "$work/mnt"
umount -l "$work/mnt"
if grep -q "^$disk " /proc/self/mounts; then fail "it is still mounted"; fi
refused 'held|mounted|in use|exclusive' "$disk"
end_child "$child"
# The kernel lets go of the filesystem a moment after the last file is closed.
free() { "$python" -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)' "$1" 2>/dev/null; }
until_true 20 free "$disk"

case_is "swap"
new_loop swapdisk 16M
mkswap "$swapdisk" >/dev/null
if swapon -p 0 "$swapdisk" 2>"$work/swap.err"; then
    refused_swap "$swapdisk"
    swapoff "$swapdisk"
else
    not_here "swapon: $(cat "$work/swap.err")"
fi

case_is "zram in use as swap"
if zram_id=$(cat /sys/class/zram-control/hot_add 2>/dev/null); then
    zram=/dev/zram$zram_id
    echo 16M >"/sys/block/zram$zram_id/disksize"
    remember zram "$zram"
    until_true 10 test -b "$zram"
    mkswap "$zram" >/dev/null
    if swapon -p 0 "$zram" 2>"$work/swap.err"; then
        refused_swap "$zram"
        swapoff "$zram"
        case_is "zram, free"
        erase 0 "$zram"
        expect_keystream "$zram" "$(evidence "$work/state/certificates")/certificate.json"
        rm -rf "$work/state/certificates"
        ok "erased"
    else
        not_here "swapon: $(cat "$work/swap.err")"
    fi
    until_true 10 sh -c "echo 1 >/sys/block/zram$zram_id/reset"
    echo "$zram_id" >/sys/class/zram-control/hot_remove
else
    not_here "no zram"
fi

case_is "loop over the disk, its filesystem mounted"
upper=$(losetup --find --show "$disk")
remember loop "$upper"
mount "$upper" "$work/mnt"
before=$(digest "$disk")
expect_status 77 "$quietus" erase "$disk" --confirm "$disk:$(size_of "$disk")" "${accept[@]}"
expect_stderr '\[loop-over\]'
assert_untouched "$disk" "$before"
ok "$(grep -m 1 'loop-over' "$work/err")"
case_is "loop over the disk, idle"
umount "$work/mnt"
expect_status 77 "$quietus" erase "$disk" --confirm "$disk:$(size_of "$disk")" "${accept[@]}"
expect_stderr '\[loop-over\]'
ok "$(grep -m 1 'loop-over' "$work/err")"
losetup -d "$upper"

for how in open excl mmap; do
    case_is "held by $how"
    hold "$how" "$disk"
    case $how in
        mmap) refused 'mapped by .*\[open\]' "$disk" ;;
        excl)
            before=$(digest "$disk")
            erase 77 "$disk"
            expect_stderr 'open by .*\[open\]'
            assert_untouched "$disk" "$before"
            ok "$(grep -m 1 '^quietus: error: ' "$work/err")"
            ;;
        *) refused "open by .*$child.*\\[open\\]" "$disk" ;;
    esac
    end_child "$child"
done

case_is "flock held by a process that has it open"
hold flock "$disk"
start=$SECONDS
refused "locked by .*$child.*\\[locked\\]" "$disk" 75
took=$((SECONDS - start))
if [ "$took" -lt 4 ] || [ "$took" -gt 20 ]; then fail "it took $took s, expected about 5"; fi
end_child "$child"

case_is "flock held, by whom cannot be seen"
hold flock-unseen "$disk"
start=$SECONDS
refused 'locked by another process' "$disk" 75
took=$((SECONDS - start))
if [ "$took" -lt 4 ] || [ "$took" -gt 20 ]; then fail "it took $took s, expected about 5"; fi
end_child "$child"

# -- partitions ----------------------------------------------------------------------------------------
partitioned() {
    new_loop "$1" 16M
    fill_random "${!1}"
    # An MBR by hand: two Linux partitions, at sector 2048 with 8192 sectors and at 10240 with the rest.
    printf '0001010083010100000800000020000000010100830101000028000000580000%064d55aa' 0 | xxd -r -p |
        dd of="${!1}" bs=1 seek=446 conv=notrunc status=none
    partx -a "${!1}"
    until_true 10 test -b "${!1}p1"
}
case_is "a partition as the target"
partitioned parts
before=$(digest "$parts")
expect_status 77 "$quietus" erase "${parts}p1" --confirm "${parts}p1:$(size_of "${parts}p1")" "${accept[@]}"
expect_stderr '\[partition-target\]'
expect_stderr "hint: .*$parts( |$)"
assert_untouched "$parts" "$before"
ok "$(grep -m 1 'partition-target' "$work/err")"

case_is "dirty page in a partition's cache, its descriptor open"
hold dirty-open "${parts}p1" 1048576
before=$(digest "$parts")
erase 77 "$parts"
expect_one_error 'open by .*\[open\]'
no_certificate
ok "$(grep -m 1 '^quietus: error: ' "$work/err")"
end_child "$child"

case_is "dirty page in a partition's cache, descriptor closed"
partitioned dirty
"$python" "$here/hold.py" dirty "${dirty}p1" 2097152
"$python" "$here/hold.py" dirty "${dirty}p2" 1048576
erase 0 "$dirty"
sync
echo 3 >/proc/sys/vm/drop_caches
folder=$(evidence "$work/state/certificates")
expect_keystream "$dirty" "$folder/certificate.json"
[ "$(grep -a -c COMES-BACK-AFTER "$dirty" || true)" = 0 ] || fail "the page came back"
rm -rf "$work/state/certificates"
ok "erased, and the page did not come back"

case_is "a mounted partition"
partitioned held
mkfs.ext4 -q -F "${held}p2"
mount "${held}p2" "$work/mnt"
refused '\[mounted\]' "$held"
umount "$work/mnt"

case_is "partitions are put back when another drive of the call cannot be had"
new_loop busy 4M
hold flock-unseen "$busy"
before=$(digest "$held")
layout=$(cat "/sys/block/${held#/dev/}"/*p[12]/{start,size})
erase 75 "$held" "$busy" --confirm "$busy:$(size_of "$busy")"
expect_one_error 'locked by another process'
assert_untouched "$held" "$before"
[ "$(cat "/sys/block/${held#/dev/}"/*p[12]/{start,size})" = "$layout" ] || fail "the partitions are not as before"
end_child "$child"
ok

# -- the tool's own places -------------------------------------------------------------------------------
# The folder is on the mounted target, so `mounted` speaks as well; the place must be named.
for place in "evidence folder" "state folder"; do
    case_is "$place on the target"
    mount "$disk" "$work/mnt"
    if [ "$place" = "state folder" ]; then
        mkdir -m 0700 "$work/mnt/state"
        where=(--state-dir "$work/mnt/state")
    else
        mkdir -m 0700 "$work/mnt/out"
        where=(--out "$work/mnt/out")
    fi
    erase 77 "$disk" "${where[@]}"
    expect_stderr "holds the $place .*\\[place-on-target\\]"
    no_certificate
    ok "$(grep -m 1 'place-on-target' "$work/err")"
    umount "$work/mnt"
done

# -- what is no target ---------------------------------------------------------------------------------------
case_is "regular file"
truncate -s 1M "$work/file"
expect_status 77 "$quietus" erase "$work/file" --confirm "$work/file:1048576" "${accept[@]}"
expect_one_error 'a file, not a drive'
expect_stderr 'hint: losetup'
ok "$(head -n 1 "$work/err")"

case_is "read-only loop"
new_loop readonly 4M --read-only
refused 'read-only.*\[read-only\]' "$readonly"

case_is "zero size"
: >"$work/empty.img"
new_loop empty 0 2>/dev/null
expect_status 77 "$quietus" erase "$empty" --confirm "$empty:0" "${accept[@]}"
expect_one_error 'holds no bytes.*\[zero-size\]'
ok "$(grep -m 1 '^quietus: error: ' "$work/err")"

case_is "named twice"
before=$(digest "$disk")
erase 77 "$disk" "$disk"
expect_stderr '\[named-twice\]'
assert_untouched "$disk" "$before"
ln -s "$disk" "$work/link"
erase 77 "$disk" "$work/link"
expect_stderr '\[named-twice\]'
assert_untouched "$disk" "$before"
ok "also by a symbolic link"

# -- members of something larger ---------------------------------------------------------------------------
case_is "btrfs"
if grep -qw btrfs /proc/filesystems && command -v mkfs.btrfs >/dev/null; then
    new_loop one 128M
    new_loop two 128M
    mkfs.btrfs -q -d raid1 -m raid1 "$one" "$two" >/dev/null
    btrfs device scan "$one" "$two" >/dev/null
    mount -t btrfs "$one" "$work/mnt"
    case_is "btrfs, the member that is not the mounted source"
    before=$(digest "$two")
    erase 77 "$two"
    expect_stderr '\[(btrfs-member|mounted)\]'
    assert_untouched "$two" "$before"
    umount "$work/mnt"
    ok "$(grep -m 1 '^quietus: error: ' "$work/err")"
    case_is "btrfs, not mounted"
    refused 'btrfs.*\[member-signature\]' "$two"
    erase 0 "$two" --accept member-signature
    rm -rf "$work/state/certificates"
    btrfs device scan --forget >/dev/null 2>&1 || true
    ok "erased with --accept member-signature"
else
    not_here "this kernel has no btrfs, or mkfs.btrfs is missing"
fi

case_is "LVM physical volume"
new_loop pv 16M
"$python" - "$pv" <<'PYTHON'
import struct, sys
# A label as pvcreate writes it: label_header in sector 1, its checksum over the rest of that sector.
body = struct.pack("<I8s", 32, b"LVM2 001") + b"abcdefghijklmnopqrstuvwxyz012345" + struct.pack("<Q", 16 << 20)
body = body.ljust(512 - 20, b"\0")
crc = 0xF597A6CF
for byte in body:
    crc ^= byte
    for _ in range(8):
        crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
sector = b"LABELONE" + struct.pack("<QI", 1, crc) + body
with open(sys.argv[1], "r+b") as device:
    device.seek(512)
    device.write(sector)
PYTHON
blockdev --flushbufs "$pv"
refused 'LVM2_member.*\[member-signature\]' "$pv"

# -- consent ---------------------------------------------------------------------------------------------------
case_is "nobody confirmed"
new_loop plain 4M
fill_random "$plain"
before=$(digest "$plain")
expect_status 77 "$quietus" erase "$plain" "${accept[@]}" </dev/null
expect_stderr '\[not-confirmed\]'
assert_untouched "$plain" "$before"
ok
case_is "wrong --confirm"
expect_status 65 "$quietus" erase "$plain" --confirm "$plain:4194305" "${accept[@]}"
expect_one_error 'no drive of this call is called that'
assert_untouched "$plain" "$before"
ok "$(head -n 1 "$work/err")"

token_of() { run "$quietus" plan --json "$@"; jq -r 'select(.type == "token").token' "$work/out"; }
# with_token STATUS TOKEN DEVICE…
with_token() { local wanted=$1 token=$2; shift 2; expect_status "$wanted" "$quietus" erase "$@" --confirm-plan "$token" "${accept[@]}"; }
token=$(token_of "$plain")
[ -n "$token" ] || fail "plan printed no token"
case_is "plan token, tampered"
last=${token: -1}
with_token 65 "${token%?}$([ "$last" = 0 ] && echo 1 || echo 0)" "$plain"
expect_one_error 'token'
with_token 65 "$(($(echo "$token" | cut -c1-4) + 1))${token:4}" "$plain"
with_token 64 "${token:0:40}" "$plain"
assert_untouched "$plain" "$before"
ok
case_is "plan token, expired"
old="$(date -u -d '-2 hours' +%Y%m%dT%H%M%SZ)"
plan_digest=$(jq -r 'select(.type == "plan").plan.digest' "$work/out" 2>/dev/null || true)
run "$quietus" plan --json "$plain"
plan_digest=$(jq -r 'select(.type == "plan").plan.digest' "$work/out")
stale="$old-$(printf '{"plans":["%s"],"schema":"quietus/plan-token/1","time":"%s"}' "$plan_digest" "$old" | sha256sum | cut -d' ' -f1)"
with_token 77 "$stale" "$plain"
expect_one_error 'expired'
assert_untouched "$plain" "$before"
ok
case_is "plan token, for another drive"
new_loop another 4M
with_token 65 "$token" "$another"
expect_one_error 'token'
with_token 65 "$token" "$plain" "$another"
no_certificate
ok
case_is "plan token, good"
with_token 0 "$token" "$plain"
expect_keystream "$plain" "$(evidence "$work/state/certificates")/certificate.json"
rm -rf "$work/state/certificates"
ok

case_is "other runs of quietus look at every loop device meanwhile"
background bash -c 'while :; do "$1" plan "$2" >/dev/null 2>&1; done' - "$quietus" "$another"
for _ in 1 2 3 4 5; do erase 0 "$plain"; done
end_child "$child"
rm -rf "$work/state/certificates"
ok "five erases, exit 0"

case_is "two runs on one drive"
new_loop shared 1G
for n in 1 2; do
    mkdir -m 0700 "$work/state$n"
    background "$quietus" erase --json "$shared" --confirm "$shared:$(size_of "$shared")" "${accept[@]}" --state-dir "$work/state$n" \
        >"$work/out$n" 2>"$work/err$n"
    pids[n]=$child
done
# Whoever begins to write is held there until the other has ended: else a quick first one would just be followed by
# the second.
first() { for first in 1 2; do if grep -q '"phase":"overwrite' "$work/out$first"; then return 0; fi; done; return 1; }
until_true 60 first
workers=$(pgrep -P "${pids[first]}")
# shellcheck disable=SC2086  # several pids
kill -STOP $workers
second=$((3 - first))
status=0
wait "${pids[second]}" || status=$?
# shellcheck disable=SC2086  # several pids
kill -CONT $workers
case $status in 75 | 77) ;; *) cat "$work/out$second" >&2; fail "the second run: exit status $status, expected 75 or 77" ;; esac
[ -z "$(find "$work/state$second" -name '*certificate.*' -o -name '*-record.*')" ] || fail "the second run left a record"
wait "${pids[first]}" || fail "the first run: exit status $?"
expect_keystream "$shared" "$(find "$work/state$first" -name certificate.json)"
ok "0 and $status"
finished

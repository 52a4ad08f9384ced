#!/usr/bin/env bash
# Runs that do not reach their end: signals, killed processes, failing I/O. Nothing of them may look like a success,
# and the drive is free again at once.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
new_loop disk 1G

# start DEVICE… [-- options…]: an erase in the background; its pid is in $child.
start() {
    local -a confirm=()
    local device
    for device in "$@"; do confirm+=(--confirm "$device:$(size_of "$device")"); done
    printf '%q ' "$quietus" erase --json "$@" >"$work/command"
    background "$quietus" erase --json "$@" "${confirm[@]}" "${accept[@]}" >"$work/run" 2>"$work/err"
}
says() { grep -q -e "$1" "$work/run"; }
wait_for_write() { until_true 30 says '"writing":true'; }
wait_for_read_back() { until_true 120 says '"phase":"read back'; }
ended_with() {
    local wanted=$1
    status=0
    wait "$child" || status=$?
    [ "$status" = "$wanted" ] || fail "exit status $status, expected $wanted"
    [ "$(tail -n 1 "$work/run" | jq -r '.type + " " + (.exit | tostring)')" = "summary $wanted" ] || fail "the last line is no summary with exit $wanted"
}
failure_recorded() {
    local folder
    no_certificate
    folder=$(evidence "$work/state/certificates")
    [ -f "$folder/failure-record.json" ] || fail "no failure record"
    [ "$(jq -r .verdict "$folder/failure-record.json")" != erased ] || fail "its verdict is erased"
    expect_status 10 "$quietus" certificate verify "$folder"
    expect_stdout 'FAILED ERASURE'
    rm -rf "$work/state/certificates"
}
free_again() { "$python" -c 'import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_EXCL)' "$1" 2>/dev/null; }

for signal in INT:130 TERM:143; do
    for moment in write read_back; do
        case_is "SIG${signal%:*} during $moment"
        start "$disk"
        "wait_for_$moment"
        sent=$(date +%s%3N)
        kill "-${signal%:*}" "$child"
        ended_with "${signal#*:}"
        took=$(($(date +%s%3N) - sent))
        # A second is the promise; three, because this machine may be busy with other tests.
        [ "$took" -le 3000 ] || fail "it took $took ms"
        free_again "$disk" || fail "the device is still held"
        failure_recorded
        ok "exit ${signal#*:} after $took ms, failure record"
    done
done

case_is "kill -9 of the supervisor"
start "$disk"
wait_for_write
worker=$(pgrep -P "$child" | tail -n 1)
kill -KILL "$child"
wait "$child" 2>/dev/null || true
until_true 10 gone "$worker"
until_true 10 free_again "$disk"
no_certificate
ok "its worker ended, the device is free, no certificate"
case_is "erase again after it"
start "$disk"
wait_for_read_back
ended_with 0
expect_keystream "$disk" "$(find "$work/state/certificates" -name certificate.json)"
rm -rf "$work/state/certificates"
ok "exit 0"

case_is "kill -9 of the worker"
start "$disk"
wait_for_write
for worker in $(pgrep -P "$child"); do kill -KILL "$worker"; done
ended_with 10
failure_recorded
until_true 10 free_again "$disk"
ok "exit 10: $(jq -r 'select(.type == "result").cause' "$work/run")"

case_is "writes fail in the middle of the device"
mkdir "$work/full"
mount -t tmpfs -o size=16M,mode=0700 quietus-lab "$work/full"
truncate -s 64M "$work/full/disk.img"
broken=$(losetup --find --show "$work/full/disk.img")
remember loop "$broken"
start "$broken"
ended_with 10
failure_recorded
where=$(jq -r 'select(.type == "result").cause' "$work/run")
grep -Eq 'write of [0-9]+ bytes at byte [0-9]+' <<<"$where" || fail "the place is not named: $where"
ok "$where"

case_is "several drives, one fails"
new_loop good1 8M
new_loop good2 8M
rm -f "$work/full/disk.img"
losetup -d "$broken"
truncate -s 64M "$work/full/disk2.img"
broken=$(losetup --find --show "$work/full/disk2.img")
remember loop "$broken"
start "$good1" "$broken" "$good2"
ended_with 10
exits=$(jq -r 'select(.type == "result") | .device + "=" + (.exit | tostring)' "$work/run" | sort | tr '\n' ' ')
for expected in "$good1=0" "$good2=0" "$broken=10"; do
    case " $exits" in *" $expected "*) ;; *) fail "results are $exits, expected $expected" ;; esac
done
[ "$(find "$work/state/certificates" -name certificate.json | wc -l)" = 2 ] || fail "not two certificates"
[ "$(find "$work/state/certificates" -name failure-record.json | wc -l)" = 1 ] || fail "not one failure record"
rm -rf "$work/state/certificates"
losetup -d "$broken"
until_true 10 umount "$work/full" 2>/dev/null
ok "$exits"

case_is "the backing file shrinks during read-back"
start "$disk"
wait_for_read_back
truncate -s 1M "$work/disk.img"
ended_with 10
failure_recorded
where="$(jq -r 'select(.type == "result").cause' "$work/run"), $(grep -E 'not readable: .*\[[0-9]+,[0-9]+\]' "$work/out" || grep -E 'differ' "$work/out")" ||
    fail "the place is not named"
ok "$where"
finished

#!/usr/bin/env bash
# Many drives in one call, on real loop devices: a manifest unattended, drives left out, one of two stopped, a
# deadline, a rate.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
mkdir "$work/bin" "$work/mnt"
ln -s "$quietus" "$work/bin/quietus"

drives=()
for n in 1 2 3 4 5 6 7 8; do
    new_loop "drive$n" "$((n + 1))M"
    node=drive$n
    drives+=("${!node}")
done
# manifest FILE DRIVE…
manifest() {
    local file=$1 drive
    shift
    printf 'path,size,asset,ticket,customer\r\n' >"$file"
    for drive in "$@"; do
        printf '%s,%s,"tag ""%s""",T-1,"Smith, Ltd"\r\n' "$drive" "$(size_of "$drive")" "${drive#/dev/}" >>"$file"
    done
}
fresh() {
    rm -rf "$work/state/certificates"
    for drive in "$@"; do fill_random "$drive"; done
}
exit_of() { jq -r --arg device "$1" '.drives[] | select(.device == $device).exit' "$work/summary.json"; }

case_is "docs/unattended.sh, ten lines, on eight drives"
[ "$(grep -cvE '^(#|$)' "$source_folder/docs/unattended.sh")" -le 10 ] || fail "it has more than ten lines"
fresh "${drives[@]}"
manifest "$work/manifest.csv" "${drives[@]}"
expect_status 0 env PATH="$work/bin:$PATH" "$source_folder/docs/unattended.sh" "$work/manifest.csv" "$work/summary.json" "${accept[@]}"
[ "$(jq -r '[.exit, .verdicts.erased, (.drives | length)] | @csv' "$work/summary.json")" = 0,8,8 ] || fail "the summary says something else"
for n in 1 2 3 4 5 6 7 8; do
    folder=$(jq -r --arg device "${drives[n - 1]}" '.drives[] | select(.device == $device).evidence' "$work/summary.json")
    expect_status 0 "$quietus" certificate verify "$folder"
    expect_keystream "${drives[n - 1]}" "$folder/certificate.json"
    [ "$(jq -r '.drive.asset_tag + " " + .order.ticket + " " + .order.customer' "$folder/certificate.json")" = "tag \"${drives[n - 1]#/dev/}\" T-1 Smith, Ltd" ] ||
        fail "the manifest's words are not in the certificate"
    [ "$(jq -r .order.manifest.sha256 "$folder/certificate.json")" = "$(sha256sum <"$work/manifest.csv" | cut -d' ' -f1)" ] || fail "another manifest"
done
ok "exit 0, eight certificates, every byte as published"

case_is "unattended, and one of the eight is mounted"
fresh "${drives[@]}"
mkfs.ext4 -q -F "$drive8"
mount "$drive8" "$work/mnt"
before=$(digest "$drive1")
expect_status 77 env PATH="$work/bin:$PATH" "$source_folder/docs/unattended.sh" "$work/manifest.csv" "$work/summary.json" "${accept[@]}"
assert_untouched "$drive1" "$before"
ok "exit 77, nothing is written"

case_is "--skip-refused with one mounted"
before=$(dd if="$drive8" bs=1M iflag=direct status=none skip=1 count=1 | sha256sum)
run "$quietus" plan --json --skip-refused --manifest "$work/manifest.csv" "${accept[@]}"
[ "$status" = 77 ] || fail "plan ends with $status"
token=$(jq -r 'select(.type == "token").token' "$work/out")
expect_status 10 "$quietus" erase --json --skip-refused --manifest "$work/manifest.csv" --confirm-plan "$token" \
    --summary "$work/summary.json" --metrics "$work/quietus.prom" "${accept[@]}"
[ "$(tail -n 1 "$work/out" | jq -r .exit)" = 10 ] || fail "the summary event has another exit"
[ "$(exit_of "$drive8")" = 77 ] || fail "the mounted drive's exit is $(exit_of "$drive8")"
for n in 1 2 3 4 5 6 7; do [ "$(exit_of "${drives[n - 1]}")" = 0 ] || fail "drive $n: $(exit_of "${drives[n - 1]}")"; done
[ "$(dd if="$drive8" bs=1M iflag=direct status=none skip=1 count=1 | sha256sum)" = "$before" ] || fail "the mounted drive was written"
[ "$(jq -r .exit "$work/summary.json")" = 10 ] || fail "the summary's exit"
grep -qx 'quietus_run_exit_status 10' "$work/quietus.prom" || fail "the metrics' exit"
grep -qx 'quietus_run_drives{verdict="erased"} 7' "$work/quietus.prom" || fail "the metrics' drives"
umount "$work/mnt"
ok "seven erased, one left out, exit 10"

case_is "a manifest that names another drive"
printf 'path,size\n%s,12345\n' "$drive1" >"$work/wrong.csv"
before=$(digest "$drive1")
expect_status 65 "$quietus" erase --manifest "$work/wrong.csv" --confirm "$drive1:$(size_of "$drive1")" "${accept[@]}"
expect_one_error 'not the drive named'
expect_status 65 "$quietus" erase "$drive2" --manifest "$work/wrong.csv" --confirm "$drive2:$(size_of "$drive2")" "${accept[@]}"
expect_status 65 "$quietus" erase serial:NOBODY --confirm NOBODY "${accept[@]}"
[ "$(digest "$drive1")" = "$before" ] || fail "it was written"
ok "exit 65"

case_is "reports that cannot be written, or are no files"
before=$(digest "$drive1")
for option in --summary --metrics; do
    for place in "$work/no/such/folder" "$drive2" /dev/null; do
        erase 78 "$drive1" "$option" "$place"
    done
done
[ -b "$drive2" ] || fail "$drive2 is no device any more"
[ -c /dev/null ] || fail "/dev/null is no device any more"
[ "$(digest "$drive1")" = "$before" ] || fail "it was written"
expect_status 64 "$quietus" erase "$drive1" --no-such-flag --summary "$work/summary.json"
[ "$(jq -r .exit "$work/summary.json")" = 64 ] || fail "the summary is of an earlier call"
ok "exit 78, nothing is written"

# start DEVICE… -- options: an erase in the background; its pid is in $child.
start() {
    local -a confirm=() devices=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        devices+=("$1")
        confirm+=(--confirm "$1:$(size_of "$1")")
        shift
    done
    shift
    printf '%q ' "$quietus" erase "${devices[@]}" "$@" >"$work/command"
    background "$quietus" erase --json "${devices[@]}" "${confirm[@]}" "${accept[@]}" --summary "$work/summary.json" "$@" >"$work/run" 2>"$work/err"
}
writes() { jq -se --arg device "$1" 'any(.type == "progress" and .device == $device)' "$work/run" >/dev/null 2>&1; }
ended_with() {
    local wanted=$1
    status=0
    wait "$child" || status=$?
    [ "$status" = "$wanted" ] || fail "exit status $status, expected $wanted"
    [ "$(jq -r .exit "$work/summary.json")" = "$wanted" ] || fail "the summary says $(jq -r .exit "$work/summary.json")"
}

case_is "stop one of two"
new_loop slow 256M
fresh "$slow" "$drive1"
start "$slow" "$drive1" -- --max-rate 1MiB
until_true 30 writes "$slow"
expect_status 0 "$quietus" status --json
jq -se --arg device "$slow" 'any(.path == $device and .waiting == false)' "$work/out" >/dev/null || fail "status does not show it"
sent=$(date +%s%3N)
expect_status 0 "$quietus" stop "$slow"
expect_stdout "^$slow: stopped"
took=$(($(date +%s%3N) - sent))
[ -e "/proc/$child" ] && [ "$(jq -rs --arg device "$drive1" 'any(.type == "result" and .device == $device)' "$work/run")" = false ] || fail "the other did not go on"
ended_with 130
[ "$(exit_of "$slow") $(exit_of "$drive1")" = "130 0" ] || fail "exits are $(exit_of "$slow") $(exit_of "$drive1")"
folder=$(jq -r --arg device "$slow" '.drives[] | select(.device == $device).evidence' "$work/summary.json")
expect_status 10 "$quietus" certificate verify "$folder"
jq -r .cause "$folder/failure-record.json" | grep -q 'interrupted by quietus stop' || fail "the cause is not named"
expect_status 1 "$quietus" stop "$slow"
expect_stdout "nothing is running on it"
ok "stopped after $took ms with a failure record, the other is erased"

case_is "--max-rate holds, and is recorded"
fresh "$drive3"
began_ms=$(date +%s%3N)
erase 0 "$drive3" --max-rate 2MiB
took=$(($(date +%s%3N) - began_ms))
[ "$took" -ge 3500 ] || fail "4 MiB written and read at 2 MiB/s took $took ms"
[ "$(jq -r .sanitization.run_limits.max_rate "$(evidence "$work/state/certificates")/certificate.json")" = 2097152 ] || fail "it is not recorded"
ok "4 MiB written and read in $took ms"

case_is "--deadline, with a drive that waits for its turn"
fresh "$slow" "$drive1"
start "$slow" "$drive1" -- --max-rate 1MiB --parallel 1 --deadline 5s
ended_with 10
[ "$(exit_of "$slow") $(exit_of "$drive1")" = "10 75" ] || fail "exits are $(exit_of "$slow") $(exit_of "$drive1")"
jq -r '.drives[].cause' "$work/summary.json" | grep -q 'the deadline has passed' || fail "the cause is not named"
[ "$(jq -r --arg device "$drive1" '.drives[] | select(.device == $device).media_state' "$work/summary.json")" = untouched ] || fail "the one that waited"
ok "exits 10 and 75"

case_is "status --watch sees it begin, go on and end"
fresh "$drive4"
start "$drive4" -- --max-rate 2MiB
until_true 30 writes "$drive4"
expect_status 0 timeout 60 "$quietus" status --watch --json
jq -se --arg device "$drive4" 'map(select(.type == "progress" and .path == $device)) | length >= 2' "$work/out" >/dev/null || fail "it was not shown twice"
[ "$(tail -n 1 "$work/out" | jq -r '.type + " " + (.exit | tostring)')" = "summary 0" ] || fail "it has no summary"
ended_with 0
ok "$(jq -s 'map(select(.type == "progress")) | length' "$work/out") changes"

case_is "a killed call leaves a summary that claims nothing"
fresh "$slow"
start "$slow" -- --max-rate 1MiB
until_true 30 writes "$slow"
kill -KILL "$child"
wait "$child" 2>/dev/null || true
[ "$(jq -r .exit "$work/summary.json")" = null ] || fail "its exit is $(jq -r .exit "$work/summary.json")"
expect_status 1 "$quietus" stop "$slow"
expect_status 0 timeout 30 "$quietus" status --watch
ok "exit null; nothing runs"
finished

#!/usr/bin/env bash
# Drives that fail: everything that can be written is written, the rest is named to the block, and a drive that hangs
# holds up nobody. On loop devices over faultfs; what is left is read from the image behind it, by check_left.py.
# shellcheck disable=SC2154  # new_faultfs NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state

mebibyte=1048576
size=$((64 * mebibyte))
request=$mebibyte # the largest one quietus makes
left() { "$python" -B "$here/check_left.py" "$@"; }
truncate -s "$size" "$work/old.img"
left fill "$work/old.img"

# -- spots ---------------------------------------------------------------------------------------------------------
# spots COUNT: block numbers, sorted. All but those of 100 stand alone in their MiB. Of 100, 40 do; 20 are
# neighbours across the boundary of two requests; 40 stand apart within four MiB, ten in each. None is where libblkid
# looks for a signature (blocks in the first and the last 2 MiB, and one at 4 MiB): see unreadable_signature below.
spots() {
    local blocks=$((mebibyte / sector)) n
    case $1 in
        1) echo $((21 * blocks + 77)) ;;
        3) printf '%s\n' $((5 * blocks)) $((30 * blocks + blocks / 2)) $((62 * blocks + blocks - 1)) ;;
        100)
            for ((n = 0; n < 40; n++)); do echo $(((n + 5) * blocks + n * 37 % blocks)); done
            for ((n = -10; n < 10; n++)); do echo $((51 * blocks + n)); done
            for ((n = 0; n < 40; n++)); do echo $(((54 + n / 10) * blocks + n % 10 * (blocks / 10) + 3)); done
            ;;
    esac
}
alone() { if [ "$1" = 100 ]; then echo 40; else echo "$1"; fi; }
# rules_for KIND SPOT…: a rule for each spot and direction.
rules_for() {
    local kind=$1 on spot
    shift
    for on in write read; do
        case $kind:$on in read-only:write | write-only:read) continue ;; esac
        for spot in "$@"; do echo "error on=$on where=$((spot * sector))+$sector"; done
    done
}
# As the record has them: [first block, count], neighbours together.
ranges() { printf '%s\n' "$@" | jq -sc 'reduce .[] as $at ([]; if length > 0 and .[-1][0] + .[-1][1] == $at then .[-1][1] += 1 else . + [[$at, 1]] end)'; }

# refill: the old data again, through the device.
refill() {
    rules disk
    dd if="$work/old.img" of="$disk" bs=1M oflag=direct conv=notrunc,fsync status=none
    rm -rf "$work/state/certificates"
}
folder=
member() { jq -c "$1" "$folder/exception-record.json"; }
expect_member() { [ "$(member "$1")" = "$2" ] || fail "$1 is $(member "$1" | cut -c1-300), expected ${2:0:300}"; }

# What ddrescuelog, which knows nothing of us, says of the map. It writes large sums in thousands, rounded down.
expect_map() {
    local bytes=$(($# * sector)) map=$folder/badmap.mapfile good
    good=$(((size - bytes) / 1000))
    [ "$(ddrescuelog --list-blocks=- --block-size="$sector" "$map" | tr '\n' ' ')" = "$(printf '%s ' "$@")" ] || fail "the map lists other blocks"
    ddrescuelog -t "$map" >"$work/map"
    grep -Eq "^ *rescued: +$good kB," "$work/map" || fail "$good kB are good, the map says: $(cat "$work/map")"
    grep -Eq "^ *bad-sector: +$bytes B, +in +$(ranges "$@" | jq length) area" "$work/map" || fail "$bytes bytes are bad, the map says: $(cat "$work/map")"
}

# Failed requests as faultfs counts them: no spot that stands alone may cost more than this.
expect_few_failures() {
    local count=$1 rules=$2 limit=2 rest all worst
    for ((rest = request / sector; rest > 1; rest /= 2)); do limit=$((limit + 1)); done
    worst=$(counts disk | grep " of .*error" | awk -v alone="$(alone "$count")" -v per="$count" '(NR - 1) % per < alone { print $1 }' | sort -n | tail -n 1)
    all=$(counts disk | awk '/ of .*error/ { sum += $1 } END { print sum }')
    [ "$worst" -ge 1 ] || fail "no spot was met"
    [ "$worst" -le "$limit" ] || fail "$worst requests failed for one spot, at most $limit may: $(counts disk)"
    # Of spots that share requests each costs less, since one failed request tells of several.
    [ "$all" -le $((rules * limit)) ] || fail "$all requests failed for $rules spots"
    said="$all failed requests, at most $worst (of $limit) for one that stands alone"
}

bad_spots() {
    local count=$1 kind=$2 list named
    case_is "$sector-byte sectors, $count spots, $kind bad"
    mapfile -t list < <(spots "$count")
    [ ${#list[@]} = "$count" ] || fail "${#list[@]} spots"
    refill
    mapfile -t named < <(rules_for "$kind" "${list[@]}")
    rules disk "${named[@]}"
    erase 11 "$disk"
    # Unwritten blocks are not read back: a rule for reading them is never met.
    expect_few_failures "$count" "$count"
    folder=$(evidence "$work/state/certificates")
    rules disk
    if [ "$kind" = read-only ]; then
        left check "$work/disk.img" "$sector" "$folder/exception-record.json" || fail "the image"
        expect_member .sanitization.unwritten '[]'
        expect_member .verification.unreadable "$(ranges "${list[@]}")"
        expect_member .verification.covered_bytes $((size - count * sector))
    else
        left check "$work/disk.img" "$sector" "$folder/exception-record.json" "${list[@]}" || fail "the image"
        expect_member .sanitization.unwritten "$(ranges "${list[@]}")"
        expect_member .sanitization.never_written "$(ranges "${list[@]}")"
        expect_member .verification.unreadable '[]'
        expect_member .verification.covered_bytes $((size - count * sector))
    fi
    expect_member .verdict '"exceptions"'
    expect_member .sanitization.method_achieved '"none"'
    expect_member .verification.outcome '"incomplete"'
    expect_member .verification.mismatched '[]'
    expect_map "${list[@]}"
    no_certificate
    expect_status 11 "$quietus" certificate verify "$folder"
    ok "$said"
}

other_errors() {
    local spot
    spot=$(spots 1)
    case_is "$sector-byte sectors: an error that passes"
    refill
    rules disk "error on=write where=$((spot * sector))+$sector times=1" "error on=read where=$((spot * sector))+$sector times=1"
    erase 0 "$disk"
    folder=$(evidence "$work/state/certificates")
    rules disk
    left check "$work/disk.img" "$sector" "$folder/certificate.json" || fail "the image"
    ok "erased, exit 0"

    case_is "$sector-byte sectors: an error that is permanent is not tried again"
    refill
    rules disk "error on=write where=$((spot * sector))+$sector errno=ENOSPC"
    erase 11 "$disk" --retries 9
    folder=$(evidence "$work/state/certificates")
    expect_member '.sanitization.steps[0].pace.retried' 0
    expect_member '.sanitization.steps[0].pace.failed_requests' "$(struck disk)"
    ok "$(struck disk) failed requests"

    case_is "$sector-byte sectors: the blank pass cannot write a block"
    refill
    rules disk "error on=write where=$((spot * sector))+$sector from=2"
    erase 11 "$disk" --blank
    folder=$(evidence "$work/state/certificates")
    [ "$(struck disk)" -ge 1 ] || fail "it was not met"
    expect_member .sanitization.unwritten '[]'
    ok "$(member .cause)"
}

# Where signatures are cannot be looked at: nothing is touched unless a person says that it may be; then all but that
# block is erased.
unreadable_signature() {
    local before
    case_is "$sector-byte sectors: the first block cannot be read"
    refill
    before=$(sha256sum <"$work/disk.img")
    rules disk "error on=read where=0+$sector"
    erase 77 "$disk"
    expect_stderr 'signatures-unread'
    [ "$(sha256sum <"$work/disk.img")" = "$before" ] || fail "it was written"
    rules disk "error where=0+$sector" "error on=read where=0+$sector"
    rm -rf "$work/state/certificates"
    erase 11 "$disk" --accept signatures-unread
    folder=$(evidence "$work/state/certificates")
    expect_member .sanitization.never_written '[[0,1]]'
    ok "exit 77, untouched; with consent all but that block"
}

# -- a drive that hangs ------------------------------------------------------------------------------------------------
exit_of() { jq -r --arg device "$1" '.drives[] | select(.device == $device).exit' "$work/summary.json"; }
folder_of() { jq -r --arg device "$1" '.drives[] | select(.device == $device).evidence' "$work/summary.json"; }
image_digest() { sha256sum <"$work/$1.img" | cut -d' ' -f1; }
erases_again() {
    run "$quietus" erase "$hung" --confirm "$hung:$(size_of "$hung")" "${accept[@]}"
    [ "$status" = 0 ]
}
hangs() {
    local where=$((33 * mebibyte)) name before took node digest_before
    local -a devices confirm=()
    case_is "one of four hangs"
    new_state
    new_faultfs hung 64M
    for name in fine1 fine2 fine3; do new_loop "$name" 64M; done
    devices=("$fine1" "$hung" "$fine2" "$fine3")
    for node in "${devices[@]}"; do
        dd if="$work/old.img" of="$node" bs=1M oflag=direct conv=notrunc,fsync status=none
        confirm+=(--confirm "$node:$size")
    done
    rules hung "never_completes on=write where=$where+4096"
    before=$(date +%s%3N)
    expect_status 10 timeout 60 "$quietus" erase "${devices[@]}" "${confirm[@]}" "${accept[@]}" --request-deadline 3s --summary "$work/summary.json"
    took=$(($(date +%s%3N) - before))
    # Three seconds for the request and five of the supervisor's own, and this machine may be busy.
    [ "$took" -le 20000 ] || fail "the call took $took ms"
    [ "$took" -ge 3000 ] || fail "the call took $took ms: it waited for nothing"
    for name in fine1 fine2 fine3; do
        [ "$(exit_of "${!name}")" = 0 ] || fail "$name: exit $(exit_of "${!name}")"
        left check "$work/$name.img" 512 "$(folder_of "${!name}")/certificate.json" || fail "the image of $name"
    done
    [ "$(exit_of "$hung")" = 10 ] || fail "the hung one: exit $(exit_of "$hung")"
    folder=$(folder_of "$hung")
    [ "$(jq -r .verdict "$folder/failure-record.json")" = unknown ] || fail "its verdict"
    jq -r .cause "$folder/failure-record.json" | grep -Eq "write of $request bytes at byte $where: no answer within 3 s" || fail "its record does not say where: $(jq -r .cause "$folder/failure-record.json")"
    jq -e --argjson block $((where / 512)) '.sanitization.unwritten | any(.[0] <= $block and $block < .[0] + .[1])' "$folder/failure-record.json" >/dev/null ||
        fail "the place is not among its unwritten ranges"
    expect_status 10 "$quietus" certificate verify "$folder"
    ok "three erased, the call ended after $took ms with 10: $(jq -r .cause "$folder/failure-record.json")"

    case_is "while it hangs, another erase of it"
    grep -q 'held=[1-9]' "$work/hung.mnt/counts" || fail "nothing hangs"
    digest_before=$(image_digest hung)
    before=$(counts hung | tail -n 1 | grep -o 'write=[0-9]*')
    run timeout 60 "$quietus" erase "$hung" --confirm "$hung:$size" "${accept[@]}"
    [ "$status" = 75 ] || fail "exit status $status, expected 75"
    [ "$(image_digest hung)" = "$digest_before" ] || fail "it was written"
    [ "$(counts hung | tail -n 1 | grep -o 'write=[0-9]*')" = "$before" ] || fail "it was sent writes"
    ok "exit $status: $(grep -m 1 error "$work/err")"

    case_is "the drive answers again"
    rm -rf "$work/state/certificates"
    rules hung
    until_true 30 erases_again
    left check "$work/hung.img" 512 "$(find "$work/state/certificates" -name certificate.json)" || fail "the image"
    expect_status 0 "$quietus" verify "$hung" --certificate "$(dirname "$(find "$work/state/certificates" -name certificate.json)")"
    ok "it is erased and verified; nothing late came after"
}

for sector in 512 4096; do
    rm -f "$work/disk.img" "$work/disk.record"
    new_faultfs disk "$size" -b "$sector"
    for count in 1 3 100; do
        for kind in read-only write-only both-ways; do bad_spots "$count" "$kind"; done
    done
    other_errors
    unreadable_signature
    end_faultfs disk
done
sector=512
hangs
finished

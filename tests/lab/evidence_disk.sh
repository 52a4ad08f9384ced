#!/usr/bin/env bash
# The disk that holds the state folder fails while a drive is erased: really full (tmpfs, ext4), or read-only after an
# error (ext4). The erase goes on; what was signed and cannot be put anywhere goes to standard output; and afterwards the
# same call, or resume, completes what is owed.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_loop disk 96M
mkdir "$work/mnt"

# mount_state KIND: an empty state folder on a file system of its own, with room for a run and not much more.
mount_state() {
    rm -f "$work/store.img"
    case $1 in
        tmpfs) mount -t tmpfs -o size=4M,mode=0700 quietus-lab "$work/mnt" ;;
        ext4)
            new_loop store 24M
            mkfs.ext4 -q -E nodiscard "$store"
            mount -t ext4 -o errors=remount-ro "$store" "$work/mnt"
            ;;
    esac
    mkdir -m 0700 "$work/mnt/state"
    export QUIETUS_STATE_DIR=$work/mnt/state
}
unmount_state() {
    umount "$work/mnt"
    if [ "$1" = ext4 ]; then losetup -d "$store"; fi
}
fill() { dd if=/dev/zero of="$work/mnt/fill" bs=4096 conv=fsync status=none 2>/dev/null || true; }
empty_again() { rm "$work/mnt/fill"; }
# As the kernel does it after an error of the disk; a plain remount is refused while a journal is open.
make_read_only() {
    mount -o remount,abort "$work/mnt" 2>/dev/null || true
    ! touch "$work/mnt/probe" 2>/dev/null || fail "it can still be written"
}
repair() {
    umount "$work/mnt"
    e2fsck -fy "$store" >"$work/fsck" 2>&1 || [ $? -le 2 ] || fail "e2fsck: $(cat "$work/fsck")"
    mount -t ext4 "$store" "$work/mnt"
}

# during PHASE WHAT [options…]: an erase, slow enough for WHAT to happen in that phase.
during() {
    local phase=$1 what=$2
    shift 2
    printf '%q ' "$quietus" erase --json "$disk" >"$work/command"
    background "$quietus" erase --json "$disk" --confirm "$disk:$(size_of "$disk")" "${accept[@]}" --max-rate 48M "$@" >"$work/run" 2>"$work/err"
    until_true 30 grep -q "\"phase\":\"$phase" "$work/run"
    "$what"
    ! gone "$child" || fail "it ended before that happened"
    status=0
    wait "$child" || status=$?
    cut -c1-300 "$work/run" >"$work/out"
}
# result VERDICT MEDIA STATUS: in the one result, in the summary, and as exit status.
expect_result() {
    [ "$status" = "$3" ] || fail "exit status $status, expected $3"
    [ "$(tail -n 1 "$work/run" | jq -r '.type + " " + (.exit | tostring)')" = "summary $3" ] || fail "the last line is no summary with exit $3"
    [ "$(jq -r 'select(.type == "result") | "\(.verdict) \(.media_state) \(.exit)"' "$work/run")" = "$1 $2 $3" ] || fail "the result is no $1 $2 $3"
    [ -n "$(jq -r 'select(.type == "result") | .cause // empty' "$work/run")" ] || fail "it says no cause"
}
# What was signed is among the events, and openssl, who has not heard of us, verifies it.
expect_unsaved() {
    local stem=$1 name
    rm -rf "$work/unsaved"
    mkdir "$work/unsaved"
    for name in "$stem.json" "$stem.p7s"; do
        jq -r --arg name "$name" 'select(.type == "evidence") | .files_base64[$name]' "$work/run" | base64 -d >"$work/unsaved/$name"
        [ -s "$work/unsaved/$name" ] || fail "$name is not on standard output"
    done
    openssl cms -verify -binary -inform DER -in "$work/unsaved/$stem.p7s" -content "$work/unsaved/$stem.json" \
        -CAfile "$work/mnt/state/keys/local.cert.pem" -partial_chain -no-CApath -no-CAstore -purpose any -out /dev/null 2>/dev/null ||
        fail "openssl does not verify what was told"
}

for kind in tmpfs ext4; do
    for phase in overwrite 'read back'; do
        case_is "state folder on $kind is full from the $phase on"
        mount_state "$kind"
        during "$phase" fill
        expect_result erased complete 73
        expect_unsaved certificate
        expect_keystream "$disk" "$work/unsaved/certificate.json"
        written=$(writes_of "$disk")
        empty_again
        erase 0 "$disk"
        [ "$(writes_of "$disk")" = "$written" ] || fail "the drive was written again"
        folder=$(evidence "$work/mnt/state/certificates")
        # Nothing could keep it: it is signed anew, at another time, and says the same.
        diff <(jq -S 'del(.issued, .people.sha256)' "$folder/certificate.json") <(jq -S 'del(.issued, .people.sha256)' "$work/unsaved/certificate.json") >"$work/err" ||
            fail "another record than the one that was told"
        expect_status 0 "$quietus" certificate verify "$folder"
        unmount_state "$kind"
        ok "73 with the evidence on standard output; with room again 0 without a write"
    done
done

certificate_there() { find "$work/mnt/state" -name certificate.json; }
resumes() { expect_status 0 "$quietus" resume --all --confirm "$disk:$(size_of "$disk")" "${accept[@]}"; }
case_is "state folder is read-only from the read back on"
mount_state ext4
during 'read back' make_read_only
expect_result erased complete 73
expect_unsaved certificate
expect_keystream "$disk" "$work/unsaved/certificate.json"
written=$(writes_of "$disk")
repair
resumes
[ "$(writes_of "$disk")" = "$written" ] || fail "the drive was written again"
unmount_state ext4
ok "73 with the evidence on standard output; repaired, resume ends in 0 without a write"

# A read-back harms nothing and needs no journal. The journal on that disk knows only that the pass began: a failure
# record says so, and the drive is erased again.
case_is "state folder is read-only from the overwrite on"
mount_state ext4
during overwrite make_read_only
expect_result erased complete 73
expect_unsaved certificate
expect_keystream "$disk" "$work/unsaved/certificate.json"
repair
resumes
expect_keystream "$disk" "$(certificate_there)"
unmount_state ext4
ok "73 with the evidence on standard output; repaired, resume ends in 0"

# Once data is altered nothing more is at stake: also the passes that cannot be journalled are written, and their record
# is whole.
case_is "state folder is read-only from the first of three passes on"
mount_state ext4
during 'overwrite pass 1 of 3' make_read_only --technique dod-3
expect_result erased complete 73
expect_unsaved certificate
expect_keystream "$disk" "$work/unsaved/certificate.json"
repair
resumes
expect_status 0 "$quietus" certificate verify "$(dirname "$(certificate_there)")"
unmount_state ext4
ok "73 with the evidence on standard output; repaired, resume ends in 0"

case_is "state folder is read-only, and the drive fails as well"
mount_state ext4
fine=$disk
new_faultfs broken 96M
disk=$broken
rules broken flush_error
during overwrite make_read_only
expect_result not-erased altered 74
expect_unsaved failure-record
rules broken
repair
[ -z "$(certificate_there)" ] || fail "there is a certificate"
resumes
expect_keystream "$disk" "$(certificate_there)"
end_faultfs broken
disk=$fine
unmount_state ext4
ok "74 with the failure record on standard output; with both repaired, resume ends in 0"
finished

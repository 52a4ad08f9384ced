#!/usr/bin/env bash
# The main job: a filesystem full of files is erased, nothing of it can be found again, and every byte of the device
# is what the certificate publishes, by a checker that shares no code with quietus. Then other techniques, sector
# sizes, and sizes that nothing divides.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept

found_runs() { (grep -a -o -F -f "$work/runs" "$1" || true) | sort -u | wc -l; }
# photorec DEVICE: how many files of the types it was asked for does it get back?
recovered() {
    rm -rf "$work"/recup.*
    (cd "$work" && photorec /log /d "$work/recup" /cmd "$1" \
        partition_none,options,fileopt,everything,disable,jpg,enable,png,enable,gif,enable,pdf,enable,zip,enable,wholespace,search \
        >"$work/photorec.out" 2>&1) || fail "photorec: $(tail -n 3 "$work/photorec.out")"
    find "$work" -path "$work/recup.*" -type f ! -name report.xml | wc -l
}

case_is "500 files on ext4"
new_state
new_loop disk 24M
mkfs.ext4 -q -F "$disk"
mkdir "$work/mnt"
mount "$disk" "$work/mnt"
"$python" "$here/make_files.py" "$work/mnt" 500 "$work/runs"
known=$(find "$work/mnt" -maxdepth 1 -type f ! -name '*.bin' | wc -l)
umount "$work/mnt"
blockdev --flushbufs "$disk"
before=$(found_runs "$disk")
[ "$before" = 500 ] || fail "before: $before of 500 runs of 16 bytes found"
photorec_before=$(recovered "$disk")
[ "$photorec_before" -ge "$known" ] || fail "before: photorec gets back $photorec_before files of $known"

erase 0 "$disk"
folder=$(evidence "$work/state/certificates")
after=$(found_runs "$disk")
[ "$after" = 0 ] || fail "after: $after runs of 16 bytes found"
photorec_after=$(recovered "$disk")
[ "$photorec_after" = 0 ] || fail "after: photorec gets back $photorec_after files"
ok "search $before -> $after, photorec $photorec_before (of $known) -> $photorec_after, exit 0"

case_is "every byte from the published key"
expect_keystream "$disk" "$folder/certificate.json"
# The checker itself: one flipped byte anywhere must show.
printf 'x' | dd of="$disk" bs=1 seek=12345678 conv=notrunc status=none
blockdev --flushbufs "$disk"
if (expect_keystream "$disk" "$folder/certificate.json") >/dev/null 2>&1; then fail "the checker does not see a changed byte"; fi
ok "openssl, cmp and O_DIRECT"

for technique in zero:00 ones:ff pattern:a5:a5 pattern:abcdef:abcdef pattern:0123456789abcdef0123456789:0123456789abcdef0123456789; do
    hex=${technique##*:}
    technique=${technique%:*}
    case_is "--technique $technique"
    new_state
    fill_random "$disk"
    erase 0 "$disk" --technique "$technique"
    expect_pattern "$disk" "$hex"
    folder=$(evidence "$work/state/certificates")
    [ -f "$folder/certificate.json" ] || fail "no certificate"
    ok
done

# NAME SIZE SECTOR
while read -r name size sector; do
    case_is "$size bytes in sectors of $sector"
    new_state
    new_loop "$name" "$size" --sector-size "$sector"
    node=${!name}
    [ "$(size_of "$node")" = "$size" ] || fail "the loop has $(size_of "$node") bytes"
    fill_random "$node"
    erase 0 "$node"
    expect_keystream "$node" "$(evidence "$work/state/certificates")/certificate.json"
    new_state
    erase 0 "$node" --technique pattern:abcdef
    expect_pattern "$node" abcdef
    ok
done <<'SIZES'
one512 512 512
one4096 4096 4096
odd512 10487296 512
odd4096 10489856 4096
SIZES

case_is "4096-byte sectors, 1 MiB and 512 bytes"
new_state
new_loop tail 1049088 --sector-size 4096
[ "$(size_of "$tail")" = 1049088 ] || fail "the loop has $(size_of "$tail") bytes"
tail_of_file() { tail -c 512 "$work/tail.img" | sha256sum; }
head -c 1049088 /dev/urandom | dd of="$work/tail.img" conv=notrunc,fsync status=none
blockdev --flushbufs "$tail"
last=$(tail_of_file)
erase 11 "$tail"
no_certificate
folder=$(evidence "$work/state/certificates")
[ -f "$folder/exception-record.json" ] || fail "no exception record"
expect_stdout exceptions
jq -e '[.. | strings, numbers | tostring] | any(. == "512" or test("unaddressable"))' "$folder/exception-record.json" >/dev/null ||
    fail "the record does not name the unaddressable bytes"
[ "$(tail_of_file)" = "$last" ] || fail "the last 512 bytes, said to be unaddressable, were written"
expect_keystream "$tail" "$folder/exception-record.json"
expect_status 11 "$quietus" certificate verify "$folder"
ok "exit 11, the rest is keystream, no certificate"
finished

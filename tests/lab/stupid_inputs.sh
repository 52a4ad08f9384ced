#!/usr/bin/env bash
# Every wrong call: one clear line, the status the contract names, and nothing written. Evidence that cannot be kept
# is found out before the first write, and completed afterwards without another one.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
new_loop disk 4M
fill_random "$disk"
before=$(digest "$disk")
mkdir "$work/mnt"

# wrong STATUS REASON ARGUMENT…: a call of quietus, said as text and as JSON.
wrong() {
    local wanted=$1 reason=$2
    shift 2
    expect_status "$wanted" "$quietus" "$@" </dev/null
    expect_one_error "$reason"
    local line
    line=$(head -n 1 <(grep '^quietus: error: ' "$work/err"))
    expect_status "$wanted" "$quietus" "$@" --json </dev/null
    json_holds "$wanted"
    ok "$wanted: $line"
}
# Standard output is JSON Lines; one summary, last, with the exit status; on `erase`, one result for each drive.
json_holds() {
    jq -se --argjson exit "$1" '(map(select(.type == "summary")) | length) == 1 and .[-1].type == "summary" and .[-1].exit == $exit' \
        "$work/out" >/dev/null || fail "no summary, last, with exit $1"
    [ -z "${results:-}" ] ||
        jq -se --argjson n "$results" '(map(select(.type == "result")) | length) == $n and all(.[] | select(.type == "result"); .media_state == "untouched")' \
            "$work/out" >/dev/null || fail "not $results results with media_state untouched"
}
confirm=(--confirm "$disk:$(size_of "$disk")" "${accept[@]}")

# -- what is no device -----------------------------------------------------------------------------------------
case_is "no command"; wrong 64 .
case_is "unknown command"; wrong 64 . obliterate
case_is "unknown option"; wrong 64 . erase "$disk" --force
case_is "no device"; wrong 64 . erase
results=1
case_is "empty string"; wrong 64 '""' erase ""
case_is "a directory"; wrong 64 'a directory' erase "$work"
mkfifo "$work/fifo"
case_is "a FIFO"; wrong 64 'a pipe' erase "$work/fifo"
"$python" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$work/socket"
case_is "a socket"; wrong 64 'a socket' erase "$work/socket"
case_is "/dev/null"; wrong 64 'a character device' erase /dev/null
case_is "a terminal"; wrong 64 'a character device' erase /dev/ptmx
ln -s loop-b "$work/loop-a"
ln -s loop-a "$work/loop-b"
case_is "a symlink loop"; wrong 64 'circle' erase "$work/loop-a"
case_is "nothing there"; wrong 64 'no such device' erase /dev/no-such-thing
case_is "a path through a file"; wrong 64 'no such device' erase "$work/quietus.toml/x"
case_is "a name of 5000 bytes"; wrong 64 'too long' erase "/dev/$(printf 'x%.0s' {1..5000})"
case_is "control characters in a name"
wrong 64 'no such device' erase "/dev/"$'\x1b[2J\nquietus: error: forged'
if grep -q $'\x1b' "$work/out" "$work/err"; then fail "the escape sequence came through"; fi

# -- what cannot be done ------------------------------------------------------------------------------------------
case_is "unknown technique"; wrong 64 'unknown technique' erase "$disk" "${confirm[@]}" --technique gutmannn
case_is "pattern of 0 bytes"; wrong 64 'pattern' erase "$disk" "${confirm[@]}" --technique pattern:
case_is "pattern of 4097 bytes"; wrong 64 '4097 bytes' erase "$disk" "${confirm[@]}" --technique "pattern:$(printf 'ab%.0s' {1..4097})"
case_is "a command of NVMe drives"; wrong 69 'command of NVMe drives' erase "$disk" "${confirm[@]}" --technique nvme-sanitize-block
case_is "overwriting twice"; wrong 64 'overwrites already' erase "$disk" "${confirm[@]}" --also-overwrite
case_is "odd hex"; wrong 64 'pattern' erase "$disk" "${confirm[@]}" --technique pattern:abc
case_is "no hex"; wrong 64 'pattern' erase "$disk" "${confirm[@]}" --technique pattern:zz
case_is "unknown purpose"; wrong 64 'purpose' erase "$disk" "${confirm[@]}" --purpose fun
case_is "--level purge"; wrong 69 . erase "$disk" "${confirm[@]}" --level purge
case_is "--purpose manufacturer"; wrong 69 . erase "$disk" "${confirm[@]}" --purpose manufacturer
case_is "--accept of no rule"; wrong 64 'no such rule' erase "$disk" "${confirm[@]}" --accept everything
new_loop second 4M
results=2
case_is "--asset with two drives"
wrong 64 'one drive' erase "$disk" "$second" "${confirm[@]}" --asset A1
results=2
case_is "two drives, one of them a directory"
expect_status 64 "$quietus" erase "$disk" "$work" "${confirm[@]}" --json
json_holds 64
ok
results=1
[ "$(digest "$disk")" = "$before" ] || fail "$disk was written"

case_is "a planned drive that is another now"
new_loop planned 8M
run "$quietus" plan --json "$planned"
token=$(jq -r 'select(.type == "token").token' "$work/out")
losetup -d "$planned"
truncate -s 8M "$work/usurper.img"
# Another test may have got hold of the free node first: then that one is the other drive, and as safe from the token.
if losetup "$planned" "$work/usurper.img"; then
    remember loop "$planned"
    wrong 65 'plan token' erase "$planned" --confirm-plan "$token" "${accept[@]}"
    losetup -d "$planned"
fi
case_is "a planned drive that is gone"
wrong 65 'plan token' erase "$planned" --confirm-plan "$token" "${accept[@]}"

# -- configuration ------------------------------------------------------------------------------------------------
config() { printf '%s\n' "$1" >"$work/bad.toml"; }
case_is "configuration that is not there"; wrong 78 . erase "$disk" "${confirm[@]}" --config "$work/none.toml"
case_is "configuration that is no TOML"; config 'operator = '; wrong 78 'bad.toml:1' erase "$disk" "${confirm[@]}" --config "$work/bad.toml"
case_is "unknown key"; config $'operator = "x"\noperater = "y"'; wrong 78 'bad.toml:2.*operater' erase "$disk" "${confirm[@]}" --config "$work/bad.toml"
case_is "wrong type"; config 'out = 3'; wrong 78 'bad.toml:1.*string' erase "$disk" "${confirm[@]}" --config "$work/bad.toml"

case_is "clock before 2020"
cat >"$work/old.c" <<'C'
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t which, struct timespec *now) {
    long result = syscall(SYS_clock_gettime, which, now);
    if (which == CLOCK_REALTIME) now->tv_sec = 1000000000;
    return (int)result;
}
C
cc -shared -fPIC -o "$work/old.so" "$work/old.c"
expect_status 78 env LD_PRELOAD="$work/old.so" "$quietus" erase "$disk" "${confirm[@]}"
expect_one_error '2001-09-09'
ok "$(head -n 1 "$work/err")"

case_is "read-only state folder"
mkdir -m 0700 "$work/frozen"
mount --bind "$work/frozen" "$work/frozen"
mount -o remount,bind,ro "$work/frozen"
wrong 78 'frozen' erase "$disk" "${confirm[@]}" --state-dir "$work/frozen"
umount "$work/frozen"

case_is "evidence folder on a full disk"
mount -t tmpfs -o size=1M,mode=0700 quietus-lab "$work/mnt"
dd if=/dev/zero of="$work/mnt/fill" bs=4096 status=none 2>/dev/null || true
wrong 78 'No space left' erase "$disk" "${confirm[@]}" --out "$work/mnt"
case_is "state folder on a full disk"
wrong 78 . erase "$disk" "${confirm[@]}" --state-dir "$work/mnt/state"
umount "$work/mnt"

# -- keys ---------------------------------------------------------------------------------------------------------
# A CA and a P-256 certificate of it, its key encrypted (PKCS#8).
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" -subj "/CN=lab CA" \
    -days 30 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass pass:right -out "$work/leaf.key" 2>/dev/null
openssl req -new -key "$work/leaf.key" -passin pass:right -subj "/CN=lab signer" -out "$work/leaf.csr"
openssl x509 -req -in "$work/leaf.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 29 -out "$work/leaf.pem" \
    -extfile <(printf 'keyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n') 2>/dev/null
cat "$work/leaf.pem" "$work/ca.pem" >"$work/chain.pem"
: >"$work/empty.key"
signer=(--key "$work/leaf.key" --cert "$work/chain.pem")
case_is "a key of 0 bytes"; wrong 78 . erase "$disk" "${confirm[@]}" --key "$work/empty.key" --cert "$work/chain.pem"
case_is "a key without its certificate"; wrong 78 . erase "$disk" "${confirm[@]}" --key "$work/leaf.key"
case_is "a key of another certificate"; wrong 78 . erase "$disk" "${confirm[@]}" --key "$work/ca.key" --cert "$work/chain.pem"
case_is "no passphrase"; wrong 78 . erase "$disk" "${confirm[@]}" "${signer[@]}"
with_passphrase() { local text=$1; shift; "$quietus" "$@" --passphrase-fd 3 3< <(printf %s "$text"); }
case_is "wrong passphrase"
expect_status 78 with_passphrase wrong erase "$disk" "${confirm[@]}" "${signer[@]}"
expect_one_error .
ok "$(head -n 1 "$work/err")"
case_is "a passphrase descriptor that is closed"; wrong 78 'passphrase-fd 9' erase "$disk" "${confirm[@]}" "${signer[@]}" --passphrase-fd 9
[ "$(digest "$disk")" = "$before" ] || fail "$disk was written"
no_certificate

case_is "right passphrase, a certificate of a CA"
expect_status 0 with_passphrase right erase "$disk" "${confirm[@]}" "${signer[@]}"
folder=$(evidence "$work/state/certificates")
expect_keystream "$disk" "$folder/certificate.json"
expect_status 0 "$quietus" certificate verify "$folder" --ca "$work/ca.pem"
expect_status 0 "$quietus_verify" "$folder" --ca "$work/ca.pem"
expect_status 0 sh "$source_folder/certs/verify.sh" "$folder" --ca "$work/ca.pem"
expect_status 1 "$quietus" certificate verify "$folder"
rm -rf "$work/state/certificates"
ok "verified under the CA, and not under this host's own key"

# -- the disk of the evidence fills while the drive is erased -----------------------------------------------------
case_is "evidence disk fills during the erase"
new_loop big 256M
mount -t tmpfs -o size=1M,mode=0700 quietus-lab "$work/mnt"
mkdir -m 0700 "$work/mnt/out"
background "$quietus" erase --json "$big" --confirm "$big:$(size_of "$big")" "${accept[@]}" --out "$work/mnt/out" >"$work/run" 2>"$work/err"
until_true 30 grep -q '"phase":"overwrite' "$work/run"
dd if=/dev/zero of="$work/mnt/fill" bs=4096 status=none 2>/dev/null || true
status=0
wait "$child" || status=$?
[ "$status" = 73 ] || fail "exit status $status, expected 73"
[ "$(tail -n 1 "$work/run" | jq .exit)" = 73 ] || fail "the summary does not say 73"
jq -se 'any(.[]; .type == "result" and .media_state == "complete" and .exit == 73)' "$work/run" >/dev/null || fail "no result with media_state complete"
[ -z "$(find "$work/mnt" -name 'certificate.*')" ] || fail "there is a certificate on the full disk"
written=$(writes_of "$big")
case_is "still full"
erase 73 "$big" --out "$work/mnt/out"
[ "$(writes_of "$big")" = "$written" ] || fail "the drive was written again"
case_is "evidence disk full, then freed"
rm "$work/mnt/fill"
erase 0 "$big" --out "$work/mnt/out"
[ "$(writes_of "$big")" = "$written" ] || fail "the drive was written again: $written, then $(writes_of "$big")"
folder=$(evidence "$work/mnt/out")
expect_status 0 "$quietus" certificate verify "$folder"
expect_keystream "$big" "$folder/certificate.json"
umount "$work/mnt"
ok "73, then 0 without one more write"
finished

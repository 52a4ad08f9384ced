#!/usr/bin/env bash
# Records signed by keys in a PKCS#11 token (SoftHSM), EC and RSA: everybody verifies them, and whatever is wrong with
# token, key or PIN is one clear line with status 78 before the first byte is written. The PIN is in no file of ours,
# on no command line, and not in the memory of the worker that writes.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
module=
for candidate in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
    [ -e "$candidate" ] && module=$candidate
done
if [ -z "$module" ] || ! command -v pkcs11-tool >/dev/null || ! command -v softhsm2-util >/dev/null; then
    echo "skipped: needs softhsm2, opensc and libengine-pkcs11-openssl (scripts/setup)"
    exit 125
fi
learn_what_to_accept
new_state
pin=482-77193
mkdir "$work/tokens"
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$work" >"$work/softhsm2.conf"
export SOFTHSM2_CONF=$work/softhsm2.conf
softhsm2-util --init-token --free --label lab --so-pin 87654321 --pin "$pin" >/dev/null
for kind in ec:EC:prime256v1:01 p384:EC:secp384r1:02 rsa:rsa:3072:03 small:rsa:2048:04; do
    IFS=: read -r label type size id <<<"$kind"
    pkcs11-tool --module "$module" --token-label lab --login --pin "$pin" --keypairgen --key-type "$type:$size" \
        --id "$id" --label "$label" --usage-sign >"$work/pkcs11-tool" 2>&1
done
uri() { echo "pkcs11:token=lab;object=$1?module-path=$module"; }
printf '%s\n' "$pin" >"$work/pin"

# A CA that signs what `key request` asks for.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" -subj /CN=lab-CA \
    -days 30 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n' >"$work/ext"
for label in ec p384 rsa; do
    case_is "a request by the key '$label' in the token"
    expect_status 0 "$quietus" key request --key "$(uri "$label")" --name "lab $label" --out "$work/$label.csr" --passphrase-fd 3 3<"$work/pin"
    expect_stdout 'protection: pkcs11'
    openssl req -in "$work/$label.csr" -noout -verify 2>"$work/verified"
    grep -q 'verify OK' "$work/verified" || fail "openssl does not verify the request"
    openssl x509 -req -in "$work/$label.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days 20 -sha384 -extfile "$work/ext" \
        -out "$work/$label.crt" 2>/dev/null
    cat "$work/$label.crt" "$work/ca.pem" >"$work/$label.pem"
    ok
done

for label in ec p384 rsa; do
    case_is "erase, signed by the key '$label' in the token"
    new_loop "disk_$label" 4M
    disk=disk_$label
    erase 0 "${!disk}" --key "$(uri "$label")" --cert "$work/$label.pem" --passphrase-fd 3 --out "$work/by-$label" 3<"$work/pin"
    folder=$(evidence "$work/by-$label")
    [ "$(jq -r .signing_key.protection "$folder/certificate.json")" = pkcs11 ] || fail "the record does not say pkcs11"
    expect_status 0 "$quietus" certificate verify "$folder" --ca "$work/ca.pem"
    expect_status 0 "$quietus_verify" "$folder" --ca "$work/ca.pem"
    expect_status 0 sh "$source_folder/certs/verify.sh" "$folder" --ca "$work/ca.pem"
    expect_status 0 openssl cms -verify -cades -binary -inform DER -in "$folder/certificate.p7s" -content "$folder/certificate.json" \
        -CAfile "$work/ca.pem" -no-CApath -no-CAstore -purpose any -out /dev/null
    ok "all four readers say yes"
done

case_is "the PIN by systemd's credential"
mkdir "$work/credentials"
printf %s "$pin" >"$work/credentials/quietus.passphrase"
CREDENTIALS_DIRECTORY=$work/credentials expect_status 0 "$quietus" key show --key "$(uri ec)" --cert "$work/ec.pem"
expect_stdout 'type: EC, P-256'
ok

case_is "a second person signs with a key in the token"
folder=$(evidence "$work/by-ec")
expect_status 0 "$quietus" certificate sign "$folder" --ca "$work/ca.pem" --key "$(uri rsa)" --cert "$work/rsa.pem" --passphrase-fd 3 3<"$work/pin"
expect_status 0 "$quietus_verify" "$folder" --ca "$work/ca.pem"
expect_stdout 'also signed by: CN=lab rsa'
ok

# -- what is refused, and before the first byte ------------------------------------------------------------
new_loop kept 4M
fill_random "$kept"
before=$(digest "$kept")
rm -rf "$work/by-"*
refused() { # WHAT WORDS KEY [PIN-FILE]
    case_is "$1"
    erase 78 "$kept" --key "$3" --cert "$work/ec.pem" --passphrase-fd 3 --out "$work/none" 3<"${4:-$work/pin}"
    expect_one_error "$2"
    [ "$(wc -l <"$work/err")" -le 2 ] || fail "more than an error and a hint"
    assert_untouched "$kept" "$before"
    ok "$(head -n 1 "$work/err")"
}
printf 'not-the-pin\n' >"$work/wrong"
: >"$work/empty"
refused "wrong PIN" 'wrong PIN' "$(uri ec)" "$work/wrong"
refused "no PIN" 'needs a PIN and none was given' "$(uri ec)" "$work/empty"
refused "no such token" 'no such token' "pkcs11:token=elsewhere;object=ec?module-path=$module"
refused "no such key" 'no such key' "$(uri nothing)"
refused "no such module" 'module cannot be loaded' "pkcs11:token=lab;object=ec?module-path=/nowhere.so"
refused "RSA of 2048 bits" 'RSA, 2048 bits' "$(uri small)"
refused "another's certificate" 'does not belong' "$(uri p384)"
refused "a PIN in the URI" 'holds a PIN' "pkcs11:token=lab;object=ec?pin-value=$pin"
case_is "the right PIN still opens the token"
expect_status 0 "$quietus" key show --key "$(uri ec)" --cert "$work/ec.pem" --passphrase-fd 3 3<"$work/pin"
ok

case_is "a PIN that was given is in no file of ours"
new_loop last 4M
run "$quietus" --log-level debug --json erase "$last" --confirm "$last:$(size_of "$last")" "${accept[@]}" --key "$(uri ec)" \
    --cert "$work/ec.pem" --passphrase-fd 3 3<"$work/pin"
[ "$status" = 0 ] || fail "exit status $status"
! grep -rlF -e "$pin" "$work/state" "$work/out" "$work/err" || fail "there it is"
ok

case_is "the worker has neither PIN nor token"
new_loop slow 8M
background "$quietus" erase "$slow" --confirm "$slow:$(size_of "$slow")" "${accept[@]}" --key "$(uri ec)" --cert "$work/ec.pem" \
    --passphrase-fd 3 --max-rate 1M 3<"$work/pin" >"$work/out" 2>"$work/err"
parent=$child
until_true 20 grep -q "overwrite pass 1" "$work/err"
"$python" - "$parent" "$slow" "$pin" <<'PYTHON' || fail "the worker's memory holds the PIN, or the module of the token"
import os, sys, time
parent, drive, pin = sys.argv[1], sys.argv[2], sys.argv[3].encode()
def holds_the_drive(pid):
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{fd}") == drive for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False
def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as names:
        return names.read().split()
until = time.monotonic() + 10
while not (found := [pid for pid in children(parent) if holds_the_drive(pid)]) and time.monotonic() < until:
    time.sleep(0.01)
if not found:
    sys.exit("no worker holds the drive")
pid = found[0]
maps = open(f"/proc/{pid}/maps").read()
if "softhsm" in maps:
    sys.exit("the token's module is mapped")
seen = 0
with open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps.splitlines():
        span, mode, *rest = line.split()
        if "r" not in mode or rest[-1] in ("[vvar]", "[vsyscall]", "[vdso]"):
            continue
        begin, end = (int(part, 16) for part in span.split("-"))
        try:
            memory.seek(begin)
            data = memory.read(end - begin)
        except OSError:
            continue
        seen += len(data)
        if pin in data:
            sys.exit(f"at {line}")
sys.exit(0 if seen > 100000 else "nothing could be read")
PYTHON
end_child "$parent"
ok
finished

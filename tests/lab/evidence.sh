#!/usr/bin/env bash
# Four readers of one evidence folder agree: quietus, quietus-verify, verify.sh and plain openssl; on what is good,
# on what was tampered with in every way below, and on records of failures. Then the register, and the drive itself.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
new_loop disk 8M
erase 0 "$disk"
good=$(evidence "$work/state/certificates")
new_loop tail 1049088 --sector-size 4096
erase 11 "$tail" --out "$work/exception"
exception=$(evidence "$work/exception")
new_faultfs broken 8M
rules broken flush_error
erase 10 "$broken" --out "$work/failure"
failure=$(evidence "$work/failure")
rules broken
end_faultfs broken
anchor=$work/state/keys/local.cert.pem
print=$(openssl x509 -in "$anchor" -noout -fingerprint -sha256 | sed 's/.*=//')
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/foreign.key" -out "$work/foreign.pem" \
    -subj /CN=foreign -days 30 -addext keyUsage=critical,digitalSignature 2>/dev/null

# openssl knows only the signature: its answer is 0 or not.
by_openssl() {
    local stem
    stem=$(find "$1" -maxdepth 1 -name '*.p7s' | head -n 1)
    openssl cms -verify -binary -inform DER -in "$stem" -content "${stem%.p7s}.json" -CAfile "$2" -partial_chain -no-CApath \
        -no-CAstore -purpose any -out /dev/null
}
# all_say STATUS OPENSSL FOLDER [CA]: the three that know the whole folder, and openssl where it can know.
all_say() {
    local wanted=$1 by=$2 folder=$3 ca=${4:-$anchor}
    expect_status "$wanted" "$quietus" certificate verify "$folder" --ca "$ca"
    expect_status "$wanted" "$quietus_verify" "$folder" --ca "$ca"
    expect_status "$wanted" sh "$source_folder/certs/verify.sh" "$folder" --ca "$ca"
    run by_openssl "$folder" "$ca"
    case $by in
        yes) [ "$status" = 0 ] || fail "openssl says no" ;;
        no) [ "$status" != 0 ] || fail "openssl says yes" ;;
    esac
    ok "$wanted from all three, openssl $by"
}
copy() { rm -rf "$work/copy"; cp -r "$1" "$work/copy"; }

case_is "good certificate"
all_say 0 yes "$good"
expect_status 0 "$quietus" certificate verify "$good"
expect_status 0 "$quietus" certificate verify "$good" --fingerprint "$print"
expect_status 0 "$quietus_verify" "$good" --fingerprint "$print"
expect_status 0 sh "$source_folder/certs/verify.sh" "$good" --fingerprint "$print"
case_is "exception record"
all_say 11 yes "$exception"
case_is "failure record"
all_say 10 yes "$failure"

case_is "a name that reads as two"
copy "$good"
touch "$work/copy/"$'chain.pem\nevil'
all_say 1 yes "$work/copy"
case_is "foreign CA"
all_say 1 no "$good" "$work/foreign.pem"
case_is "one byte of the record"
copy "$good"
sed -i 's/"verdict":"erased"/"verdict":"erasee"/' "$work/copy/certificate.json"
all_say 1 no "$work/copy"
case_is "one byte of the signature"
copy "$good"
size=$(stat -c %s "$work/copy/certificate.p7s")
printf '\xa5' | dd of="$work/copy/certificate.p7s" bs=1 seek=$((size - 3)) conv=notrunc status=none
all_say 1 no "$work/copy"
case_is "signed again by a foreign key"
copy "$good"
openssl cms -sign -cades -binary -nosmimecap -outform DER -in "$work/copy/certificate.json" -out "$work/copy/certificate.p7s" \
    -signer "$work/foreign.pem" -inkey "$work/foreign.key"
all_say 1 no "$work/copy"
case_is "failure record called a certificate"
copy "$failure"
for file in "$work/copy"/failure-record.*; do mv "$file" "$work/copy/certificate.${file##*.}"; done
all_say 1 yes "$work/copy"
case_is "an extra file"
copy "$good"
echo extra >"$work/copy/note.txt"
all_say 1 yes "$work/copy"
case_is "a hidden extra file"
copy "$good"
echo extra >"$work/copy/.note"
all_say 1 yes "$work/copy"
case_is "two records in one folder"
copy "$good"
cp "$failure"/failure-record.* "$work/copy"
all_say 1 any "$work/copy"
case_is "chain.pem swapped"
copy "$good"
cp "$work/foreign.pem" "$work/copy/chain.pem"
all_say 1 yes "$work/copy"
case_is "verify.sh changed"
copy "$good"
printf '#!/bin/sh\nexit 0\n' >"$work/copy/verify.sh"
all_say 1 yes "$work/copy"
case_is "record of one drive, signature of another"
copy "$good"
cp "$exception/exception-record.p7s" "$work/copy/certificate.p7s"
all_say 1 no "$work/copy"
for missing in certificate.p7s certificate.json receipt.json chain.pem; do
    case_is "$missing missing"
    copy "$good"
    rm "$work/copy/$missing"
    by=yes
    case $missing in certificate.*) by=any ;; esac
    all_say 1 "$by" "$work/copy"
done
case_is "the folder's own verify.sh is the published one"
cmp "$good/verify.sh" "$source_folder/certs/verify.sh"
ok

case_is "an auditor without root, network or device"
auditor=$(mktemp -d "$work/auditor.XXXXXX")
cp -r "$good" "$auditor/folder"
cp "$anchor" "$auditor/anchor.pem"
cp "$quietus_verify" "$auditor/quietus-verify"
chmod -R a+rX "$auditor" && chmod 0755 "$work"
expect_status 0 setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --net "$auditor/quietus-verify" "$auditor/folder" --ca "$auditor/anchor.pem"
chmod 0700 "$work"
ok

# -- the drive ---------------------------------------------------------------------------------------------------
case_is "verify the drive"
expect_status 0 "$quietus" verify "$disk" --certificate "$good"
expect_stdout 'all of it matches'
printf 'x' | dd of="$disk" bs=1 seek=5000000 conv=notrunc,fsync status=none
expect_status 1 "$quietus" verify "$disk" --certificate "$good"
expect_stdout 'the first at byte [0-9]+'
new_loop other 4M
expect_status 65 "$quietus" verify "$other" --certificate "$good"
expect_one_error 'not the drive of this certificate'
expect_status 1 "$quietus" verify "$disk" --certificate "$work/copy"
expect_one_error 'not authentic'
ok "0, then 1 after one byte, 65 for another drive, 1 for a folder that is not authentic"

# -- the register -----------------------------------------------------------------------------------------------
case_is "register"
id=$(jq -r .id "$good/certificate.json")
expect_status 0 "$quietus" register check
expect_stdout '3 entries'
expect_status 0 "$quietus" register search "$id"
expect_stdout "$id"
expect_status 1 "$quietus" register search no-such-thing
cp "$work/state/register/register.sqlite" "$work/register.bak"
"$python" - "$work/state/register/register.sqlite" <<'PYTHON'
import sqlite3, sys
# Whatever column holds the verdict or the leaf: one of them is changed, behind the triggers' back.
db = sqlite3.connect(sys.argv[1])
for (trigger,) in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
    db.execute(f'drop trigger "{trigger}"')
changed = 0
for (table,) in db.execute("select name from sqlite_master where type = 'table'").fetchall():
    for _, column, kind, *_ in db.execute(f'pragma table_info("{table}")').fetchall():
        for rowid, value in db.execute(f'select rowid, "{column}" from "{table}"').fetchall():
            raw = value if isinstance(value, bytes) else str(value).encode()
            if b"not-erased" in raw:
                new = raw.replace(b"not-erased", b"erased")
                db.execute(f'update "{table}" set "{column}" = ? where rowid = ?', (new if isinstance(value, bytes) else new.decode(), rowid))
                changed += 1
db.commit()
print(changed)
sys.exit(0 if changed else 1)
PYTHON
expect_status 1 "$quietus" register check
ok "check 0, and 1 after one row was edited: $(head -n 1 "$work/err" "$work/out" | grep -m 1 -E 'quietus|register|entry')"
finished

#!/bin/bash
# keys.sh QUIETUS: every command of docs/keys.md runs, in its order, and quietus accepts what comes of it.
source "$(dirname "$0")/common.sh"
quietus=$(readlink -f "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" && ln -s "$quietus" "$work/bin/quietus"
PATH=$work/bin:$PATH
export QUIETUS_STATE_DIR=$work/state QUIETUS_CONFIG=/dev/null
commands=$(awk '/^```bash$/ { on = 1; next } /^```$/ { on = 0 } on' docs/keys.md)
[ "$(grep -c . <<<"$commands")" -gt 60 ] || fault "docs/keys.md has hardly a command"
(cd "$work" && bash -euo pipefail -c "$commands") >"$work/out" 2>&1 || { fault "docs/keys.md: $(tail -n 20 "$work/out")"; finish; }
cd "$work/ca" || exit 1

says() { # STATUS COMMAND...
    local wanted=$1 status=0
    shift
    "$@" >"$work/said" 2>&1 || status=$?
    [ "$status" = "$wanted" ] || fault "status $status, expected $wanted: $* : $(cat "$work/said")"
}
says 0 quietus attest unresponsive --serial DOC-1 --symptom silent --name Ann --out "$work/evidence" --key ann.key --cert ann.pem \
    --passphrase-fd 3 3<ann.pass
folder=$(echo "$work"/evidence/*)
says 0 quietus certificate verify "$folder" --ca root.pem --authenticity-only
says 1 quietus certificate verify "$folder" --ca tsa.crt --authenticity-only
says 77 quietus certificate sign "$folder" --ca root.pem --key ann.key --cert ann.pem --passphrase-fd 3 3<ann.pass
says 78 quietus certificate sign "$folder" --ca root.pem --key ben.key --cert ann.pem
cat ben.crt issuing.pem >short.pem
says 78 quietus certificate sign "$folder" --ca root.pem --key ben.key --cert short.pem
grep -q 'root included' "$work/said" || fault "a chain without its root: $(cat "$work/said")"
says 0 quietus certificate sign "$folder" --ca root.pem --key ben.key --cert ben.pem
says 77 quietus certificate sign "$folder" --ca root.pem --key ben.key --cert ben.pem
says 0 quietus certificate verify "$folder" --ca root.pem --authenticity-only
grep -q 'also signed by: .*CN=Ben Example' "$work/said" || fault "Ben is not named: $(cat "$work/said")"
says 0 openssl cms -verify -cades -binary -inform DER -in "$folder/unresponsive.2.p7s" -content "$folder/unresponsive.json" \
    -CAfile root.pem -no-CApath -no-CAstore -purpose any -out /dev/null
[ "$(find "$work/evidence" -name '*partial*' | wc -l)" = 0 ] || fault "something partial is left"
# What the page says of the list made after the revocation.
says 2 openssl verify -CAfile root.pem -untrusted issuing.pem -CRLfile crl-after.pem -crl_check ben.crt
# Nothing is written over.
for file in ann.key ann.csr; do cp "$file" "$file.before"; done
says 78 quietus key create --out ann.key
says 78 quietus key request --key ben.key --out ann.csr
for file in ann.key ann.csr; do cmp -s "$file" "$file.before" || fault "$file was written over"; done
[ "$(stat -c %a ann.key)" = 600 ] || fault "ann.key is not 0600"
grep -q 'BEGIN ENCRYPTED PRIVATE KEY' ann.key || fault "ann.key is not encrypted"
says 78 quietus key show --key ann.key </dev/null
grep -q 'no passphrase was given' "$work/said" || fault "an encrypted key without passphrase: $(cat "$work/said")"
finish

#!/usr/bin/env bash
# Time stamps: an authority over http and https, one that is away, lies, or comes back; renewals over the network and
# carried by hand; what openssl and verify.sh say of them; DSSE.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
new_loop disk 4M

pki=$work/pki
mkdir "$pki"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/ca.key" -out "$pki/ca.pem" \
    -subj "/CN=lab CA" -days 30 -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
# issue NAME EXTENSIONS…
issue() {
    local name=$1
    shift
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$name.key" -out "$pki/$name.csr" \
        -subj "/CN=$name" 2>/dev/null
    openssl x509 -req -in "$pki/$name.csr" -CA "$pki/ca.pem" -CAkey "$pki/ca.key" -days 30 -out "$pki/$name.pem" \
        -extfile <(printf '%s\n' "$@") 2>/dev/null
}
issue tsa keyUsage=critical,digitalSignature extendedKeyUsage=critical,timeStamping
issue server subjectAltName=DNS:localhost
issue signer keyUsage=critical,digitalSignature
# authority NAME [TLS…]: its address is in $NAME_url.
authority() {
    local name=$1
    shift
    : >"$work/$name.url"
    background "$python" -B "$here/tsa_server.py" "$pki" tsa "$@" >"$work/$name.url"
    until_true 20 test -s "$work/$name.url"
    printf -v "${name}_url" %s "$(cat "$work/$name.url")"
    printf -v "${name}_pid" %s "$child"
}
authority plain
authority tls "$pki/server.pem" "$pki/server.key"
trust=(--ca "$pki/ca.pem" --tsa-ca "$pki/ca.pem")
by=(--key "$pki/signer.key" --cert "$pki/signer.pem")
newest() { find "$1" -mindepth 1 -maxdepth 1 -type d | head -n 1; }
all_good() {
    expect_status 0 "$quietus" certificate verify "$1" "${trust[@]}"
    expect_stdout "time stamp: signed before"
    expect_status 0 "$quietus_verify" "$1" "${trust[@]}"
    expect_status 0 sh "$source_folder/certs/verify.sh" "$1" "${trust[@]}"
    expect_stdout "signature: stamped"
}

case_is "stamped over http"
erase 0 "$disk" "${by[@]}" --tsa "$plain_url" --out "$work/http"
folder=$(newest "$work/http")
all_good "$folder"
openssl ts -verify -data "$folder/certificate.p7s" -in "$folder/certificate.tsr" -CAfile "$pki/ca.pem" >"$work/out" 2>&1 ||
    fail "openssl ts does not verify the stamp"
ok "four programs agree"
case_is "a stamp that is taken away"
cp -r "$folder" "$work/bare"
rm "$work/bare/certificate.tsr"
expect_status 1 "$quietus" certificate verify "$work/bare" "${trust[@]}"
expect_stdout "promises one"
expect_status 1 sh "$source_folder/certs/verify.sh" "$work/bare" "${trust[@]}"
expect_stdout "promises a time stamp"
ok "noticed"

# What the authority says around its token is signed by nobody: here a time long ago, in words that date(1) believes.
case_is "a time that nobody signed"
cp -r "$folder" "$work/dated"
expect_status 0 "$python" - "$work/dated/certificate.tsr" <<'PY'
import sys
def element(tag, body):
    size = len(body)
    head = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255])
    return bytes([tag]) + head + body
reply = open(sys.argv[1], "rb").read()
assert reply[:2] == b"\x30\x82" and reply[4:9] == b"\x30\x03\x02\x01\x00", reply[:12]
words = b"x\nTime stamp: Jan  1 00:00:00 2020 GMT ("
status = element(0x30, b"\x02\x01\x00" + element(0x30, element(0x0C, words)))
open(sys.argv[1], "wb").write(element(0x30, status + reply[9:]))
PY
run sh "$source_folder/certs/verify.sh" "$work/dated" "${trust[@]}"
! grep -q "stamped 2020" "$work/out" || fail "verify.sh takes the time from words that nobody signed"
expect_status 1 "$quietus" certificate verify "$work/dated" "${trust[@]}"
ok "not believed"

case_is "over https"
printf 'tsa_server_ca = "%s"\n' "$pki/ca.pem" >"$QUIETUS_CONFIG"
erase 0 "$disk" "${by[@]}" --tsa "$tls_url" --out "$work/https"
all_good "$(newest "$work/https")"
ok "with the server's certificate checked"
: >"$QUIETUS_CONFIG"
before=$(digest "$disk")
case_is "a server nobody vouches for"
erase 73 "$disk" "${by[@]}" --tsa "$tls_url" --out "$work/unknown"
expect_stderr "certificate verify failed"
[ -z "$(newest "$work/unknown" 2>/dev/null)" ] || fail "evidence was filed without the stamp it promises"
ok "the evidence is owed"
printf 'tsa_server_ca = "%s"\n' "$pki/ca.pem" >"$QUIETUS_CONFIG"
case_is "a promised stamp is not forgotten"
expect_status 73 "$quietus" resume --all "${by[@]}" --out "$work/unknown" "${accept[@]}"
expect_stderr "promises a time stamp"
[ -z "$(newest "$work/unknown" 2>/dev/null)" ] || fail "evidence was filed without the stamp it promises"
ok "still owed"
case_is "what is owed is completed once the authority can be asked"
before=$(digest "$disk")
expect_status 0 "$quietus" resume --all "${by[@]}" --tsa "$tls_url" --out "$work/unknown" "${accept[@]}"
all_good "$(newest "$work/unknown")"
[ "$(digest "$disk")" = "$before" ] || fail "completing the evidence wrote to the drive"
ok "and the drive was not touched"
: >"$QUIETUS_CONFIG"

case_is "nobody there before the first write"
erase 75 "$disk" "${by[@]}" --tsa http://localhost:1/ --out "$work/none"
expect_one_error "time stamp authority"
[ "$(digest "$disk")" = "$before" ] || fail "the drive was written"
ok "75, untouched"
case_is "no address"
erase 78 "$disk" "${by[@]}" --tsa ftp://localhost/ --out "$work/none"
expect_one_error "neither http"
erase 78 "$disk" "${by[@]}" --tsa http://me:secret@localhost/ --out "$work/none"
expect_one_error "does not belong"
[ "$(digest "$disk")" = "$before" ] || fail "the drive was written"
ok "78, untouched"

case_is "an authority that lies"
cp "$pki/reply" "$pki/old"
for fault in refuse garbage old; do
    echo $fault >"$pki/fault"
    erase 73 "$disk" "${by[@]}" --tsa "$plain_url" --out "$work/$fault"
    rm "$pki/fault"
    expect_status 0 "$quietus" resume --all "${by[@]}" --tsa "$plain_url" --out "$work/$fault" "${accept[@]}"
    all_good "$(newest "$work/$fault")"
    ok "$fault: owed, then completed"
done

case_is "renewal over the network"
expect_status 0 "$quietus" certificate renew "$folder" "${trust[@]}" --tsa "$plain_url"
all_good "$folder"
expect_stdout "renewal 1: stamped"
(cd "$folder" && sha512sum -c --quiet renewal-1.txt) || fail "sha512sum does not agree"
ok "everybody agrees"
case_is "renewal carried by hand"
expect_status 0 "$quietus" certificate export "$folder" "${trust[@]}" --format time-stamp-request --output "$work/request.tsq"
openssl ts -reply -config "$pki/tsa.cnf" -queryfile "$work/request.tsq" -out "$work/reply.tsr" 2>/dev/null
expect_status 65 "$quietus" certificate import "$folder" "${trust[@]}" --time-stamp "$pki/old"
expect_one_error "other bytes"
expect_status 0 "$quietus" certificate import "$folder" "${trust[@]}" --time-stamp "$work/reply.tsr"
all_good "$folder"
expect_stdout "renewal 2: stamped"
expect_status 65 "$quietus" certificate import "$folder" "${trust[@]}" --time-stamp "$work/reply.tsr"
expect_status 64 "$quietus" certificate export "$folder" "${trust[@]}" --format time-stamp-request --output "$work/request.tsq"
ok "and a reply is not taken twice"
case_is "half a renewal, left by a crash"
rm "$folder/renewal-2.txt"
expect_status 1 "$quietus" certificate verify "$folder" "${trust[@]}"
expect_status 1 sh "$source_folder/certs/verify.sh" "$folder" "${trust[@]}"
expect_status 0 "$quietus" certificate renew "$folder" "${trust[@]}" --tsa "$plain_url"
all_good "$folder"
ok "made whole by the next one"
case_is "a file changed under its renewal"
cp -r "$folder" "$work/changed"
printf ' ' >>"$work/changed/receipt.json"
expect_status 1 "$quietus" certificate verify "$work/changed" "${trust[@]}"
expect_status 1 sh "$source_folder/certs/verify.sh" "$work/changed" "${trust[@]}"
expect_stdout "its list is not of the files"
expect_status 65 "$quietus" certificate renew "$work/changed" "${trust[@]}" --tsa "$plain_url"
ok "noticed, and not renewed"

case_is "a statement is stamped too"
expect_status 0 "$quietus" attest unresponsive --serial L-1 --symptom silent --name Vera "${by[@]}" --tsa "$plain_url" --out "$work/silent"
expect_status 0 "$quietus" certificate verify "$(newest "$work/silent")" "${trust[@]}" --authenticity-only
expect_stdout "time stamp: signed before"

# jq, base64 and openssl alone: DSSE v1.
case_is "DSSE"
expect_status 0 "$quietus" certificate export "$folder" "${trust[@]}" "${by[@]}" --format dsse --output "$work/envelope.json"
jq -rj .payload "$work/envelope.json" | base64 -d >"$work/payload"
jq -rj '.signatures[0].sig' "$work/envelope.json" | base64 -d >"$work/sig"
type=$(jq -r .payloadType "$work/envelope.json")
{ printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(stat -c %s "$work/payload")"; cat "$work/payload"; } >"$work/pae"
openssl x509 -in "$pki/signer.pem" -noout -pubkey >"$work/pub.pem"
openssl pkeyutl -verify -rawin -pubin -inkey "$work/pub.pem" -in "$work/pae" -sigfile "$work/sig" >/dev/null || fail "openssl does not verify it"
[ "$(jq -r '.subject[0].digest.sha256' "$work/payload")" = "$(sha256sum <"$folder/certificate.json" | cut -c1-64)" ] ||
    fail "the subject is not the record"
cmp -s <(jq -cjS .predicate "$work/payload") "$folder/certificate.json" || fail "the predicate is not the record"
printf x >>"$work/pae"
! openssl pkeyutl -verify -rawin -pubin -inkey "$work/pub.pem" -in "$work/pae" -sigfile "$work/sig" >/dev/null 2>&1 ||
    fail "a changed payload verifies"
expect_status 65 "$quietus" certificate export "$work/changed" "${trust[@]}" "${by[@]}" --format dsse --output "$work/other.json"
ok "verified by jq and openssl"
finished

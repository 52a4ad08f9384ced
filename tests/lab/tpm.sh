#!/usr/bin/env bash
# Records signed by keys in a TPM 2.0 (swtpm): a key file that only this TPM can use, and persistent handles with and
# without a passphrase. What is wrong is one clear line with status 78 before the first byte is written.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
for tool in swtpm tpm2_createprimary tpm2_evictcontrol; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: needs swtpm, tpm2-tools and tpm2-openssl (scripts/setup)"
        exit 125
    fi
done
learn_what_to_accept
new_state

# Sockets in the scratch folder: no port to be taken by another run. tpm2-tss wants a path without ":" or ",".
mkdir "$work/tpm"
background swtpm socket --tpm2 --tpmstate "dir=$work/tpm" --server "type=unixio,path=$work/tpm/socket" \
    --ctrl "type=unixio,path=$work/tpm/socket.ctrl" --flags not-need-init,startup-clear >"$work/swtpm" 2>&1
until_true 20 test -S "$work/tpm/socket"
until_true 20 test -S "$work/tpm/socket.ctrl"
export TPM2TOOLS_TCTI=swtpm:path=$work/tpm/socket TPM2OPENSSL_TCTI=swtpm:path=$work/tpm/socket
cd "$work"
passphrase=keypass-3391
printf '%s\n' "$passphrase" >secret
printf 'wrong\n' >wrong
: >empty
tpm2_createprimary -Q -C o -g sha256 -G ecc -c prim.ctx
# persistent HANDLE ALGORITHM [PASSPHRASE]
persistent() {
    tpm2_create -Q -C prim.ctx -g sha256 -G "$2" -u k.pub -r k.priv ${3:+-p "$3"} \
        -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
    tpm2_flushcontext -Q -t
    tpm2_load -Q -C prim.ctx -u k.pub -r k.priv -c k.ctx
    tpm2_evictcontrol -Q -C o -c k.ctx "$1" >/dev/null
    tpm2_flushcontext -Q -t
}
persistent 0x81000001 ecc256:ecdsa-sha256 "$passphrase"
persistent 0x81000002 ecc256:ecdsa-sha256
persistent 0x81000003 ecc384:ecdsa-sha384
openssl genpkey -provider tpm2 -provider default -propquery '?provider=tpm2' -algorithm EC -pkeyopt group:P-256 -out blob.key

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout ca.key -out ca.pem -subj /CN=lab-CA -days 30 \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n' >ext

# signs NAME KEY SECRET
signs() {
    local name=$1 key=$2 secret=$3 node
    case_is "erase, signed by $name"
    expect_status 0 "$quietus" key request --key "$key" --name "lab $name" --out "$name.csr" --passphrase-fd 3 3<"$secret"
    expect_stdout 'protection: tpm'
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -days 20 -sha384 -extfile ext -out "$name.crt" 2>/dev/null
    cat "$name.crt" ca.pem >"$name.pem"
    new_loop "disk_$name" 4M
    node=disk_$name
    erase 0 "${!node}" --key "$key" --cert "$name.pem" --passphrase-fd 3 --out "by-$name" 3<"$secret"
    folder=$(evidence "by-$name")
    [ "$(jq -r .signing_key.protection "$folder/certificate.json")" = tpm ] || fail "the record does not say tpm"
    expect_status 0 "$quietus" certificate verify "$folder" --ca ca.pem
    expect_status 0 "$quietus_verify" "$folder" --ca ca.pem
    expect_status 0 sh "$source_folder/certs/verify.sh" "$folder" --ca ca.pem
    ok "all readers say yes"
}
signs blob blob.key empty
signs handle 'handle:0x81000001?pass' secret
signs unmarked handle:0x81000001 secret
signs open handle:0x81000002 empty
signs p384 handle:0x81000003 empty

new_loop kept 4M
fill_random "$kept"
before=$(digest "$kept")
rm -rf by-*
refused() { # WHAT WORDS KEY SECRET
    case_is "$1"
    erase 78 "$kept" --key "$3" --cert handle.pem --passphrase-fd 3 --out none 3<"$4"
    expect_one_error "$2"
    [ "$(wc -l <"$work/err")" -le 2 ] || fail "more than an error and a hint"
    assert_untouched "$kept" "$before"
    ok "$(head -n 1 "$work/err")"
}
refused "no passphrase" 'needs a passphrase and none was given' 'handle:0x81000001?pass' empty
refused "wrong passphrase" 'signing key does not sign' 'handle:0x81000001?pass' wrong
refused "nothing at the handle" 'no such signing key' handle:0x81000009 empty
refused "no persistent handle" 'no handle of a persistent TPM key' handle:0x80000001 empty
refused "another's certificate" 'does not belong' handle:0x81000002 empty
TPM2OPENSSL_TCTI=swtpm:path=$work/tpm/nowhere refused "no TPM" 'TPM' handle:0x81000002 empty
case_is "what is left in the TPM: no session, no transient object"
for kind in handles-transient handles-loaded-session handles-saved-session; do
    left=$(tpm2_getcap "$kind")
    [ -z "$left" ] || fail "$kind: $left"
done
ok
finished

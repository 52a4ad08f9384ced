#!/usr/bin/env bash
# Records of real erasures as documents, judged by other programs: pdfsig, pdffonts, pdfdetach, pdftotext, zbarimg.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state

# A root, an issuing CA and a signer below it, as an organisation has them.
pki=$work/pki
mkdir "$pki"
(
    cd "$pki" || exit
    exec 2>/dev/null
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout root.key -out root.pem -subj "/O=Example/CN=Root" \
        -days 3650 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    issue() { # NAME ISSUER CURVE EXTENSIONS
        openssl req -newkey ec -pkeyopt "ec_paramgen_curve:$3" -nodes -keyout "$1.key" -out "$1.csr" -subj "/O=Example/CN=$1"
        openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 1000 -out "$1.pem" -extfile <(printf "%b" "$4")
    }
    issue ca root P-384 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n'
    issue signer ca P-256 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n'
    cat signer.pem ca.pem >chain.pem
    mkdir nss
    certutil -N -d nss --empty-password
    certutil -A -d nss -n root -t CT,C,C -i root.pem
    certutil -A -d nss -n ca -t ,, -i ca.pem
)
[ -s "$pki/nss/cert9.db" ] || fail "no PKI"
org=(--key "$pki/signer.key" --cert "$pki/chain.pem")

new_loop disk 8M
erase 0 "$disk" "${org[@]}" --out "$work/good" --ticket INC-4711 --operator 'Łucja Żółć' --organisation 'Müller & Söhne <IT>'
good=$(evidence "$work/good")
new_loop tail 1049088 --sector-size 4096
erase 11 "$tail" "${org[@]}" --out "$work/exception" --ticket INC-4711
exception=$(evidence "$work/exception")
new_faultfs broken 8M
rules broken flush_error
erase 10 "$broken" "${org[@]}" --out "$work/failure" --ticket INC-4711
failure=$(evidence "$work/failure")
rules broken
end_faultfs broken
new_loop own 4M
erase 0 "$own" --out "$work/own"
own_folder=$(evidence "$work/own")

render() { # STATUS OUTPUT DIR… [options…]
    local wanted=$1 output=$2
    shift 2
    expect_status "$wanted" "$quietus" certificate render --output "$work/$output" --ca "$pki/root.pem" "${org[@]}" "$@"
}
pages_of() { pdfinfo "$1" | sed -n 's/^Pages: *//p'; }
text_of() { pdftotext -layout "$1" - 2>/dev/null; }
says() { text_of "$work/$1" | tr -s ' \n' ' ' | grep -qF -- "$2" || fail "$1 does not say: $2"; }
says_not() { ! text_of "$work/$1" | tr -s ' \n' ' ' | grep -qF -- "$2" || fail "$1 says: $2"; }
# trusted FILE: NSS, with nothing but the root, says what is to be said.
trusted() {
    run pdfsig -nssdir "$pki/nss" "$work/$1"
    for words in 'Signature is Valid' 'Certificate is Trusted' 'Total document signed' 'Signature Type: ETSI.CAdES.detached'; do
        expect_stdout "$words"
    done
    [ "$(grep -c '^Signature #' "$work/out")" = 1 ] || fail "not one signature"
}
fonts_embedded() { # emb is the fifth column from the right
    pdffonts "$work/$1" | tail -n +3 | awk '$(NF-4) != "yes" { bad = 1 } END { exit bad || NR == 0 }' || fail "$1: a font is not embedded"
}
attached() { # FILE NAME ORIGINAL
    pdfdetach -savefile "$2" -o "$work/detached" "$work/$1"
    cmp "$work/detached" "$3" || fail "$1: $2 is not the record"
}
qr_says() { # FILE RECORD
    pdftoppm -r 150 -png -f 1 -l 1 -singlefile "$work/$1" "$work/shot"
    run zbarimg --quiet --raw "$work/shot.png"
    expect_stdout "^quietus:1:$(jq -r .id "$2"):sha256:$(sha256sum <"$2" | cut -d' ' -f1)$"
}

case_is "certificate as PDF"
render 0 good.pdf "$good"
trusted good.pdf
fonts_embedded good.pdf
attached good.pdf certificate.json "$good/certificate.json"
attached good.pdf chain.pem "$pki/chain.pem"
qr_says good.pdf "$good/certificate.json"
[ "$(pages_of "$work/good.pdf")" = 1 ] || fail "more than one page"
for words in 'Record of sanitization' ERASED 'INC-4711' 'Łucja Żółć' 'Müller & Söhne <IT>' 'Authoritative is the signed JSON record' \
    'What this record does not prove' 'The device is a virtual one' 'Not reached'; do says good.pdf "$words"; done
for words in 'NOT A CERTIFICATE' 'NOT ERASED' 'self-signed, not independent' 'Certificate of sanitization'; do says_not good.pdf "$words"; done
# Limits above the signature.
text_of "$work/good.pdf" | grep -nE 'does not prove|^ *Signatures' | cut -d: -f2 | tr -d '\n' | grep -q 'prove.*Signatures' || fail "the signature is above the limits"
ok "one page; pdfsig: valid, trusted, total document signed"

case_is "the time is the dictionary's alone"
read -r from to < <(grep -a -o '/ByteRange \[ 0 [0-9]* [0-9]*' "$work/good.pdf" | cut -d' ' -f4,5)
head -c "$((to - 1))" "$work/good.pdf" | tail -c "+$((from + 2))" | xxd -r -p >"$work/cms"
{ head -c "$from" "$work/good.pdf"; tail -c "+$((to + 1))" "$work/good.pdf"; } >"$work/covered"
expect_status 0 openssl cms -verify -cades -binary -inform DER -in "$work/cms" -content "$work/covered" -CAfile "$pki/root.pem" -no-CApath -no-CAstore \
    -purpose any -out /dev/null
run openssl cms -cmsout -print -noout -inform DER -in "$work/cms"
expect_stdout 'signingCertificateV2'
! grep -q 'signingTime' "$work/out" || fail "signingTime in a PAdES signature"
ok "openssl verifies it over the two ranges"

case_is "exceptions and failures are unmistakable"
render 0 exception.pdf "$exception"
render 0 failure.pdf "$failure"
for file in exception failure; do
    trusted $file.pdf
    says $file.pdf 'NOT A CERTIFICATE'
    qr_says $file.pdf "${!file}/$file-record.json"
    attached $file.pdf "$file-record.json" "${!file}/$file-record.json"
done
says exception.pdf 'ERASED WITH EXCEPTIONS'
says failure.pdf 'NOT ERASED'
ok

case_is "label"
render 0 label.pdf "$good" --format label
trusted label.pdf
qr_says label.pdf "$good/certificate.json"
says label.pdf ERASED
pdfinfo "$work/label.pdf" | grep -q 'Page size: *283.4.* x 141.7' || fail "not 100 x 50 mm"
render 0 bad-label.pdf "$failure" --format label
says bad-label.pdf 'NOT A CERTIFICATE'
ok

case_is "batch"
render 0 batch.pdf "$good" "$exception" "$failure" --format batch
trusted batch.pdf
[ "$(pages_of "$work/batch.pdf")" = 4 ] || fail "$(pages_of "$work/batch.pdf") pages, expected 4"
says batch.pdf '1 of 3 drives erased, 1 with exceptions, 1 NOT ERASED'
says batch.pdf 'Ticket INC-4711'
attached batch.pdf record-0003.json "$failure/failure-record.json"
cat "$pki/root.pem" "$work/state/keys/local.cert.pem" >"$work/both.pem"
expect_status 64 "$quietus" certificate render --format batch --output "$work/mixed.pdf" --ca "$work/both.pem" "${org[@]}" "$good" "$own_folder"
expect_one_error 'different tickets'
ok

case_is "HTML"
render 0 page.html "$good" --format html
for words in 'Content-Security-Policy' 'Müller &amp; Söhne &lt;IT&gt;' 'Authoritative'; do grep -q -- "$words" "$work/page.html" || fail "no $words"; done
! grep -qiE '<script|src=|href=|url\(|@import|style=|[" ]on[a-z]+=' "$work/page.html" || fail "something is loaded or run"
# The policy allows exactly the style sheet that is there.
policy=$(grep -o "sha256-[A-Za-z0-9+/=]*" "$work/page.html")
actual=sha256-$("$python" -c 'import re,sys,hashlib,base64; t=open(sys.argv[1]).read(); print(base64.b64encode(hashlib.sha256(re.search("<style>(.*?)</style>",t,re.S)[1].encode()).digest()).decode())' "$work/page.html")
[ "$policy" = "$actual" ] || fail "the policy forbids its own style sheet"
ok

case_is "this host's own key"
expect_status 0 "$quietus" certificate render "$own_folder" --output "$work/own.pdf"
says own.pdf 'self-signed, not independent'
run pdfsig -nssdir "$pki/nss" "$work/own.pdf"
expect_stdout 'Signature is Valid'
ok

case_is "what people have signed"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/vera.key" -out "$work/vera.pem" -subj /CN=Vera -days 30 \
    -addext keyUsage=critical,digitalSignature 2>/dev/null
expect_status 0 "$quietus" validate "$good" --ca "$pki/root.pem" --accept --reason 'nothing differs' --name Vera --key "$work/vera.key" \
    --cert "$work/vera.pem" --out "$work/good"
cat "$pki/root.pem" "$work/vera.pem" >"$work/people.pem"
printf '[certificate]\nfields = ["organisation", "operator"]\n' >"$work/policy.toml"
expect_status 0 "$quietus" --config "$work/policy.toml" certificate render "$good" --ca "$work/people.pem" "${org[@]}" --output "$work/titled.pdf"
says titled.pdf 'Certificate of sanitization'
says titled.pdf 'nothing differs'
says_not titled.pdf 'Still missing'
expect_status 0 "$quietus" certificate render "$good" --ca "$work/people.pem" "${org[@]}" --output "$work/untitled.pdf"
says untitled.pdf 'Record of sanitization'
says untitled.pdf 'Still missing'
expect_status 0 "$quietus" --config "$work/policy.toml" certificate render "$good" --ca "$pki/root.pem" "${org[@]}" --output "$work/stranger.pdf"
expect_stderr 'not counted'
says stranger.pdf 'Record of sanitization'
validation=$(dirname "$(find "$work/good" -name validation.json)")
expect_status 0 "$quietus" certificate render "$validation" --ca "$work/people.pem" "${org[@]}" --output "$work/statement.pdf"
says statement.pdf 'Statement of validation'
ok "the title is the policy's"

case_is "refusals"
before=$(sha256sum <"$work/good.pdf")
render 64 good.pdf "$good"
expect_one_error 'is there already'
[ "$(sha256sum <"$work/good.pdf")" = "$before" ] || fail "overwritten"
cp -r "$good" "$work/tampered"
sed -i 's/INC-4711/INC-4712/' "$work/tampered/certificate.json"
render 1 tampered.pdf "$work/tampered"
expect_one_error 'not authentic'
[ ! -e "$work/tampered.pdf" ] || fail "rendered what is not authentic"
render 64 two.pdf "$good" "$exception"
expect_one_error 'more than one evidence folder'
expect_status 64 "$quietus" certificate render "$good" --ca "$pki/root.pem" "${org[@]}" --output "$good/certificate.pdf"
expect_one_error 'only what its record lists'
render 64 word.pdf "$good" --format docx
expect_status 64 "$quietus" --json certificate render "$good" --ca "$pki/root.pem" "${org[@]}"
expect_status 64 "$python" "$here/on_terminal.py" "$work/screen" -- "$quietus" certificate render "$good" --ca "$pki/root.pem"
! grep -q '%PDF' "$work/screen" || fail "a PDF on the terminal"
expect_status 0 "$quietus" certificate verify "$good" --ca "$pki/root.pem"
ok

case_is "standard output"
expect_status 0 "$quietus" certificate render "$good" --ca "$work/people.pem" "${org[@]}"
head -c 8 "$work/out" | grep -q '^%PDF-1.7' || fail "no PDF on standard output"
[ ! -s "$work/err" ] || fail "something on standard error"
ok
finished

#!/bin/sh
# Is this evidence folder authentic, and what does it say? Needs openssl (3.0 or later) and coreutils, grep, sed.
#
#   verify.sh FOLDER --ca FILE           whoever has a certificate under the CA in FILE may have signed
#   verify.sh FOLDER --fingerprint HEX   only the certificate with this SHA-256 may have signed
#   ... --tsa-ca FILE                    believe the time stamps of authorities under this CA
#   ... --authenticity-only              ask only whether it is authentic, not what it says
#
# Run your own copy, with a CA or fingerprint you did not take from the folder: what is in the folder proves nothing
# about itself. Exit status:
#    0  authentic certificate: the drive is erased
#   11  authentic record of an erasure with exceptions
#   10  authentic record of a failed erasure
#    1  not authentic; or authentic, but a person's statement and no record of an erasure
#   64  wrong call, or nothing says whom to trust
#
# Checked here: the signature over the record (CAdES), who made it, time stamps and renewals (with --tsa-ca), and the
# digest of every file of the folder.
# Not checked here: the register's receipt and the record's schema; `quietus-verify FOLDER` checks these as well.
set -eu
LC_ALL=C
export LC_ALL

usage() {
    printf 'verify.sh: error: %s\n' "$1" >&2
    printf 'verify.sh: hint: verify.sh FOLDER --ca FILE | --fingerprint SHA256\n' >&2
    exit 64
}
refuse() {
    printf 'NOT AUTHENTIC: %s\n' "$1"
    exit 1
}

dir=
ca=
tsa_ca=
fingerprint=
only=
while [ $# -gt 0 ]; do
    case $1 in
        --ca) [ $# -ge 2 ] || usage '--ca needs a file'; ca=$2; shift 2 ;;
        --fingerprint) [ $# -ge 2 ] || usage '--fingerprint needs a SHA-256'; fingerprint=$2; shift 2 ;;
        --tsa-ca) [ $# -ge 2 ] || usage '--tsa-ca needs a file'; tsa_ca=$2; shift 2 ;;
        --authenticity-only) only=1; shift ;;
        -*) usage "unknown option" ;;
        *) [ -z "$dir" ] || usage 'more than one folder'; dir=$1; shift ;;
    esac
done
[ -n "$dir" ] || usage 'no folder given'
[ -n "$ca$fingerprint" ] || usage 'nothing says whom to trust'
case $dir in /*) ;; *) dir=./$dir ;; esac
case $ca in ''|/*) ;; *) ca=./$ca ;; esac
case $tsa_ca in ''|/*) ;; *) tsa_ca=./$tsa_ca ;; esac
[ -d "$dir" ] || usage 'the folder is not there'
[ -z "$ca" ] || [ -f "$ca" ] || usage 'the CA file is not there'
[ -z "$tsa_ca" ] || [ -f "$tsa_ca" ] || usage 'the file of --tsa-ca is not there'
fingerprint=$(printf %s "$fingerprint" | tr -d : | tr A-F a-f)
if [ -n "$fingerprint" ]; then
    printf %s "$fingerprint" | grep -Eqx '[0-9a-f]{64}' || usage 'the fingerprint is not a SHA-256 in hex'
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Exactly one record, of one kind.
stem=
for kind in certificate exception-record failure-record validation verification custody destruction unresponsive third-party; do
    if [ -e "$dir/$kind.json" ] || [ -L "$dir/$kind.json" ]; then
        [ -z "$stem" ] || refuse 'more than one record in the folder'
        stem=$kind
    fi
done
[ -n "$stem" ] || refuse 'no record in the folder'
for file in "$dir"/* "$dir"/.[!.]* "$dir"/..?*; do
    if [ -L "$file" ]; then refuse 'a symbolic link in the folder'; fi
    [ -e "$file" ] || continue
    [ -f "$file" ] || refuse 'something that is not a file in the folder'
    case ${file##*/} in *[!A-Za-z0-9._-]*) refuse 'a file in the folder has a name that evidence never has' ;; esac
done
[ -f "$dir/$stem.p7s" ] || refuse 'the signature file is missing'
# From here on one private copy is read, so that what is checked is what is reported.
cat <"$dir/$stem.json" >"$work/record"
cat <"$dir/$stem.p7s" >"$work/p7s"

# Time stamps, the newest first: each is checked at the time of the one that renews it, the signature at the time of its
# own stamp. Without --tsa-ca nobody's word for a time is taken, and everything must hold today.
at=
stamped() { # FILE, STAMP, WHAT: sets $at to the stamp's time
    openssl ts -verify -data "$1" -in "$2" -CAfile "$tsa_ca" -partial_chain -auth_level 2 ${at:+-attime "$at"} >"$work/why" 2>&1 ||
        refuse "$3: the time stamp does not hold: $(sed -n 's/.*[Vv]erify error:*//p' "$work/why" | head -n 1)"
    # The token's own text alone: what the authority says around it is signed by nobody.
    openssl ts -reply -in "$2" -token_out -text 2>/dev/null >"$work/reply" || refuse "$3: the time stamp cannot be read"
    [ "$(grep -c '^Time stamp: ' "$work/reply")" -eq 1 ] || refuse "$3: the time stamp names not one time"
    grep -Eq '^Hash Algorithm: sha(256|384|512)$' "$work/reply" || refuse "$3: the time stamp has a weak digest"
    at=$(date -u -d "$(sed -n 's/^Time stamp: //p' "$work/reply")" +%s) || refuse "$3: the time stamp's time cannot be read"
    printf '%s: stamped %s\n' "$3" "$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)"
}
renewals=0
while [ "$renewals" -lt 16 ] && { [ -e "$dir/renewal-$((renewals + 1)).txt" ] || [ -e "$dir/renewal-$((renewals + 1)).tsr" ]; }; do
    renewals=$((renewals + 1))
done
number=$renewals
while [ "$number" -gt 0 ]; do
    list=renewal-$number.txt
    for file in "$dir/$list" "$dir/renewal-$number.tsr"; do
        [ -f "$file" ] || refuse "renewal $number: its list or its time stamp is missing"
    done
    # The list must name every other file but the people's and later renewals', and each as it is.
    for file in "$dir"/*; do
        name=${file##*/}
        case $name in
            people.json) continue ;;
            renewal-[1-9].txt | renewal-[1-9].tsr | renewal-1[0-6].txt | renewal-1[0-6].tsr)
                later=${name#renewal-}
                [ "${later%%.*}" -lt "$number" ] || continue
                ;;
        esac
        printf '%s  %s\n' "$(sha512sum <"$file" | cut -c1-128)" "$name"
    done | sort -k 2 >"$work/list"
    cmp -s "$dir/$list" "$work/list" || refuse "renewal $number: its list is not of the files that are here"
    [ -z "$tsa_ca" ] || stamped "$dir/$list" "$dir/renewal-$number.tsr" "renewal $number"
    number=$((number - 1))
done
if [ -n "$tsa_ca" ] && [ -f "$dir/$stem.tsr" ]; then
    cat <"$dir/$stem.tsr" >"$work/tsr"
    stamped "$work/p7s" "$work/tsr" 'signature'
fi

# The signature; the system's own roots are no answer to "whom do I trust".
verify() { # CA-FILE [SIGNATURE SIGNER-OUT]
    openssl cms -verify -cades -binary -inform DER -in "${2:-$work/p7s}" -content "$work/record" -out /dev/null \
        -partial_chain -CAfile "$1" -no-CApath -no-CAstore -purpose any ${at:+-attime "$at"} -signer "${3:-$work/who.pem}" 2>"$work/why"
}
if [ -n "$fingerprint" ]; then
    # First only to learn who claims to have signed; then again with that certificate as the one anchor.
    openssl cms -verify -noverify -binary -inform DER -in "$work/p7s" -content "$work/record" -out /dev/null \
        -signer "$work/claimed.pem" 2>"$work/why" || refuse 'the signature does not hold'
    actual=$(openssl x509 -in "$work/claimed.pem" -noout -fingerprint -sha256 | sed 's/.*=//' | tr -d : | tr A-F a-f)
    [ "$actual" = "$fingerprint" ] || refuse "made by another signer: $actual"
    [ -n "$ca" ] || cp "$work/claimed.pem" "$work/anchor.pem"
fi
if ! verify "${ca:-$work/anchor.pem}"; then
    sed -n 's/.*Verify error:/openssl: /p' "$work/why"
    refuse 'the signature does not hold, or its signer is not one you trust'
fi
[ "$(grep -c 'BEGIN CERTIFICATE' "$work/who.pem")" = 1 ] || refuse 'not exactly one signer'

# Whoever signed the same bytes besides: certificate.2.p7s, certificate.3.p7s, … each by another certificate.
sha256_of() { openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//' | tr -d : | tr A-F a-f; }
sha256_of "$work/who.pem" >"$work/signers"
: >"$work/known"
: >"$work/also"
number=2
while [ -e "$dir/$stem.$number.p7s" ]; do
    [ "$number" -le 16 ] || refuse 'more signatures than a record takes'
    cat <"$dir/$stem.$number.p7s" >"$work/further"
    anchor=$ca
    word='also signed by'
    if [ -z "$anchor" ]; then
        # Only the first signer was named: this one must hold, and is not relied on.
        openssl cms -verify -noverify -binary -inform DER -in "$work/further" -content "$work/record" -out /dev/null \
            -signer "$work/anchor2.pem" 2>"$work/why" || refuse "the signature $stem.$number.p7s does not hold"
        anchor=$work/anchor2.pem
        word='also signed, not relied on (--ca names whom to believe), by'
    fi
    verify "$anchor" "$work/further" "$work/also.pem" ||
        refuse "the signature $stem.$number.p7s does not hold, or its signer is not one you trust"
    [ "$(grep -c 'BEGIN CERTIFICATE' "$work/also.pem")" = 1 ] || refuse "not exactly one signer in $stem.$number.p7s"
    print=$(sha256_of "$work/also.pem")
    ! grep -Fqx "$print" "$work/signers" || refuse "$stem.$number.p7s is by somebody who has signed already"
    printf '%s\n' "$print" >>"$work/signers"
    printf '%s: ' "$word" >>"$work/also"
    openssl x509 -in "$work/also.pem" -noout -subject -fingerprint -sha256 >>"$work/also"
    printf '%s\n' "$stem.$number.p7s" >>"$work/known"
    number=$((number + 1))
done

# The record is what the signer wrote. It is one line of canonical JSON: within a string every quote is escaped, so
# the patterns below, each with a bare quote on both sides of its key, match keys and nothing else.
[ "$(tr -d '\040-\176\200-\377' <"$work/record" | wc -c)" -eq 0 ] || refuse 'the record is not one line'
once() { [ "$(grep -o "$1" "$work/record" | wc -l)" -eq 1 ] || refuse "the record is not of the known form: $1"; }
once '"type":"'
once '"files":\['
type=$(grep -o '"type":"[a-z-]*"' "$work/record" | cut -d'"' -f4)
case $stem in
    certificate | exception-record | failure-record)
        once '"verdict":"'
        verdict=$(grep -o '"verdict":"[a-z-]*"' "$work/record" | cut -d'"' -f4)
        ;;
    *) verdict=statement ;;
esac
case $stem/$type/$verdict in
    certificate/sanitization/erased) status=0 ;;
    exception-record/exception-record/exceptions) status=11 ;;
    failure-record/failure-record/not-erased | failure-record/failure-record/unknown) status=10 ;;
    "$type/$type/statement") status=1 ;;
    *) refuse "file name ($stem), type ($type) and verdict ($verdict) contradict each other" ;;
esac

# Every listed file is there and unchanged; nothing unlisted is there.
grep -o '"files":\[[^]]*\]' "$work/record" | grep -o '{[^}]*}' >"$work/entries" || refuse 'the record lists no files'
while IFS= read -r entry; do
    printf '%s\n' "$entry" | grep -Eqx '\{"name":"[A-Za-z0-9][A-Za-z0-9._-]*","sha256":"[0-9a-f]{64}"\}' ||
        refuse 'a file entry of the record is malformed'
    name=$(printf '%s\n' "$entry" | cut -d'"' -f4)
    want=$(printf '%s\n' "$entry" | cut -d'"' -f8)
    [ -f "$dir/$name" ] || refuse "listed file is missing: $name"
    have=$(sha256sum <"$dir/$name" | cut -c1-64)
    [ "$have" = "$want" ] || refuse "file is not the one the record lists: $name"
    printf '%s\n' "$name" >>"$work/known"
done <"$work/entries"
printf '%s\n' "$stem.json" "$stem.p7s" "$stem.tsr" receipt.json people.json >>"$work/known"
number=$renewals
while [ "$number" -gt 0 ]; do
    printf 'renewal-%s.txt\nrenewal-%s.tsr\n' "$number" "$number" >>"$work/known"
    number=$((number - 1))
done
for file in "$dir"/* "$dir"/.[!.]* "$dir"/..?*; do
    [ -e "$file" ] || continue
    grep -Fqx -e "${file##*/}" "$work/known" || refuse 'a file that the record does not list is in the folder'
done
# Personal data may have been taken out; what is there is what the record was bound to.
people=detached
if [ -f "$dir/people.json" ]; then
    once '"people":{"document":"people.json","named":\['
    people=$(grep -o '"people":{"document":"people.json","named":\[["a-z,]*\],"sha256":"[0-9a-f]*"}' "$work/record" |
        sed 's/.*"sha256":"//' | cut -c1-64)
    [ "$(sha256sum <"$dir/people.json" | cut -c1-64)" = "$people" ] || refuse 'people.json is not the file the record is bound to'
    people='as the record is bound to them'
fi

if grep -q '"time_stamp":{"authority":"' "$work/record" && [ ! -f "$dir/$stem.tsr" ]; then
    refuse 'the record promises a time stamp, and it is missing'
fi

# Only a statement may name no register.
receipt='present, not checked by this script (quietus-verify does)'
if [ ! -f "$dir/receipt.json" ]; then
    if [ "$verdict" != statement ] || ! grep -q '"register":{"id":{"unavailable":"' "$work/record"; then
        refuse 'no receipt: the record is not shown to be in a register'
    fi
    receipt='none, the statement names no register'
fi

case $status in
    0) printf 'AUTHENTIC CERTIFICATE OF SANITIZATION: verdict %s\n' "$verdict" ;;
    11) printf 'AUTHENTIC RECORD OF AN ERASURE WITH EXCEPTIONS: not a certificate\n' ;;
    10) printf 'AUTHENTIC RECORD OF A FAILED ERASURE: verdict %s, not a certificate\n' "$verdict" ;;
    1) printf 'AUTHENTIC STATEMENT (%s): not a certificate of sanitization\n' "$type" ;;
esac
printf 'signed by: '
openssl x509 -in "$work/who.pem" -noout -subject -fingerprint -sha256
cat "$work/also"
for key in model serial id issued; do
    form='[^"\\]*'
    [ "$key" != id ] || form='[0-9a-f-]\{36\}' # the record's own, a UUID; the register has an "id" too
    value=$(grep -o "\"$key\":\"$form\"" "$work/record" | head -n 1 | cut -d'"' -f4)
    [ -z "$value" ] || printf '%s: %s\n' "$key" "$value"
done
printf 'people: %s\nreceipt: %s\n' "$people" "$receipt"
[ -z "$only" ] || exit 0
exit "$status"

#!/usr/bin/env bash
# The people after the erase: an operator records, another tool reads back, a validator rejects, the operator repeats
# with a stronger technique, the validator accepts, and the title changes. Then custody, destruction, and a drive that
# never answered. Every document is read by quietus, quietus-verify and verify.sh.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
new_loop disk 4M

# A CA of the lab's own, with a signer for the host and one for the validator.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" \
        -subj "/CN=lab CA" -days 30 -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
signer() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -out "$work/$1.csr" \
        -subj "/CN=$1" 2>/dev/null
    openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days 30 -out "$work/$1.pem" \
        -extfile <(echo keyUsage=critical,digitalSignature) 2>/dev/null
}
authority
signer host
signer validator
by_host=(--key "$work/host.key" --cert "$work/host.pem")
by_validator=(--key "$work/validator.key" --cert "$work/validator.pem" --ca "$work/ca.pem")
printf 'path,size,asset,destination,location\n%s,%s,A-17,recycler,Hall 3\n' "$disk" "$(size_of "$disk")" >"$work/manifest.csv"
named=(--manifest "$work/manifest.csv" --organisation Example --operator "Olga Otter" --operator-title "technician")
store=$work/state/certificates
newest() { find "$store" -mindepth 1 -maxdepth 1 -type d -newer "$work/before" | head -n 1; }
# title FOLDER WORDS: what show calls it.
title() {
    expect_status 0 "$quietus" certificate show "$1" --ca "$work/ca.pem" --json
    jq -se --arg title "$2" 'any(.type == "record" and .title == $title)' "$work/out" >/dev/null ||
        fail "the title is $(jq -r 'select(.type == "record").title' "$work/out"), expected $2"
    ok "$2"
}
# all_say FOLDER TYPE: authentic to three readers, and no certificate.
all_say() {
    expect_status 1 "$quietus" certificate verify "$1" --ca "$work/ca.pem"
    expect_stdout "AUTHENTIC STATEMENT \\($2\\)"
    expect_status 0 "$quietus" certificate verify "$1" --ca "$work/ca.pem" --authenticity-only
    expect_status 1 "$quietus_verify" "$1" --ca "$work/ca.pem"
    expect_status 0 "$quietus_verify" "$1" --ca "$work/ca.pem" --authenticity-only
    expect_status 1 sh "$source_folder/certs/verify.sh" "$1" --ca "$work/ca.pem"
    expect_stdout "AUTHENTIC STATEMENT \\($2\\)"
    expect_status 0 sh "$source_folder/certs/verify.sh" "$1" --ca "$work/ca.pem" --authenticity-only
    ok "all three know it"
}
# state STATUS ARGUMENTS…: the folder it made is in $made.
state() {
    local wanted=$1
    shift
    touch "$work/before"
    expect_status "$wanted" "$quietus" "$@"
    made=$(newest)
}

case_is "the operator's record"
touch "$work/before"
erase 0 "$disk" "${by_host[@]}" "${named[@]}" --technique zero
record=$(newest)
title "$record" "Record of sanitization"
grep -q "Olga" "$record/people.json" || fail "people.json does not name the operator"
! grep -q "Olga" "$record/certificate.json" || fail "the record itself names the operator"
ok "the operator is named in people.json alone"

case_is "who may not validate"
state 77 validate "$record" --accept --reason fine --name "Somebody" "${by_host[@]}" --ca "$work/ca.pem"
expect_one_error "signed with this very key"
state 77 validate "$record" --accept --reason fine --name "OLGA  otter" "${by_validator[@]}"
expect_one_error "the validator is the operator"
[ -z "$made" ] || fail "a refused validation left $made"
# The same key with another certificate is the same key.
openssl req -new -key "$work/host.key" -out "$work/again.csr" -subj "/CN=somebody else" 2>/dev/null
openssl x509 -req -in "$work/again.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days 30 -out "$work/again.pem" \
    -extfile <(echo keyUsage=critical,digitalSignature) 2>/dev/null
state 77 validate "$record" --accept --reason fine --name "Somebody" --key "$work/host.key" --cert "$work/again.pem" --ca "$work/ca.pem"
expect_one_error "signed with this very key"
# Without people.json nobody can tell who the operator was.
mv "$record/people.json" "$work/people.json"
state 77 validate "$record" --accept --reason fine --name "Somebody" "${by_validator[@]}"
expect_one_error "people.json was taken out"
mv "$work/people.json" "$record/people.json"
ok "neither the key nor the person of the operator"
case_is "what cannot be validated"
cp -r "$record" "$work/forged"
sed -i 's/"asset_tag":"A-17"/"asset_tag":"A-18"/' "$work/forged/certificate.json"
state 65 validate "$work/forged" --accept --reason fine --name Vera "${by_validator[@]}"
expect_one_error "not authentic"
state 64 validate "$record" --accept --reason fine --name Vera --key "$work/validator.key" --cert "$work/validator.pem"
expect_one_error "nothing to trust"
state 64 validate no-such-record --accept --reason fine --name Vera "${by_validator[@]}"
expect_one_error "no such folder"
state 64 validate "$record" --reason fine --name Vera "${by_validator[@]}"
expect_one_error "nothing says what"
state 64 validate "$record" --accept --reject --reason fine --name Vera "${by_validator[@]}"
state 64 validate "$record" --accept --name Vera "${by_validator[@]}"
state 64 validate "$record" --accept --reason '' --name Vera "${by_validator[@]}"
state 64 validate "$record" --accept --reason x --next-step pray --name Vera "${by_validator[@]}"
expect_one_error "no next step"
ok "each refused with its reason"

case_is "another tool reads it back"
echo "read 4194304 bytes, all zero" >"$work/report.txt"
state 0 attest verification "$record" --tool cmp --tool-version 3.8 --covered-bytes 4194304 --expected zero --pass \
    --report "$work/report.txt" --name Vera --title verifier "${by_validator[@]}"
second=$made
all_say "$second" verification
cmp -s "$work/report.txt" "$second/attached-1.bin" || fail "the report is not in the folder"
title "$record" "Record of sanitization"

state 64 attest verification "$record" --tool cmp --covered-bytes 0 --pass --name Vera "${by_validator[@]}"
expect_one_error "nothing was read"

case_is "the validator rejects"
state 0 validate "$record" --reject --reason "one constant pass tells no blocks apart" --next-step stronger-technique \
    --name Vera "${by_validator[@]}"
all_say "$made" validation
title "$record" "Record of sanitization"
jq -se 'any(.type == "record" and (.statements | length == 2))' "$work/out" >/dev/null || fail "not both statements"

case_is "the operator repeats with a stronger technique, and the validator accepts"
touch "$work/before"
erase 0 "$disk" "${by_host[@]}" "${named[@]}" --technique random
stronger=$(newest)
title "$stronger" "Record of sanitization"
expect_stdout "no statement of validation"
state 0 validate "$(jq -r .id "$stronger/certificate.json")" --accept --reason "keystream, read back in full" --name Vera "${by_validator[@]}"
accepted=$made
all_say "$accepted" validation
title "$stronger" "Certificate of sanitization"
title "$record" "Record of sanitization"

case_is "a signer nobody trusts counts for nothing"
expect_status 0 "$quietus" certificate show "$stronger" --fingerprint \
    "$(openssl x509 -in "$work/host.pem" -noout -fingerprint -sha256 | sed 's/.*=//')" --json
jq -se 'any(.type == "record" and .title == "Record of sanitization" and (.not_counted | length == 1))' "$work/out" \
    >/dev/null || fail "a statement counted whose signer was not trusted"
ok "not counted, and said so"

case_is "without the people"
rm "$stronger/people.json"
title "$stronger" "Certificate of sanitization"
expect_status 0 sh "$source_folder/certs/verify.sh" "$stronger" --ca "$work/ca.pem"
expect_stdout "people: detached"

case_is "custody"
state 0 attest custody "$stronger" --from "Hall 3" --to "Recycler Ltd" --seal S-1 --name Vera "${by_validator[@]}"
all_say "$made" custody
jq -e --arg digest "$(sha256sum <"$stronger/certificate.json" | cut -c1-64)" '.previous[0].sha256 == $digest' \
    "$made/custody.json" >/dev/null || fail "it does not name the record before"
state 65 attest custody "$stronger" --from a --to b --at yesterday --name Vera "${by_validator[@]}"

case_is "destruction"
head -c 5000 /dev/urandom >"$work/photo.jpg"
state 0 attest destroyed "$accepted" --technique shred --equipment "Shredder 9" --particle-size "2 mm" --facility Hall \
    --witness "Wim" --photo "$work/photo.jpg" --name Vera "${by_validator[@]}"
all_say "$made" destruction
[ "$(jq -r '.statement.pictures[0].sha256' "$made/destruction.json")" = "$(sha256sum <"$work/photo.jpg" | cut -c1-64)" ] ||
    fail "the photograph has another digest"
expect_status 0 "$quietus" certificate show "$made" --ca "$work/ca.pem"
expect_stdout "Certificate of destruction"
title "$stronger" "Certificate of sanitization"
jq -se 'any(.type == "record" and (.statements | any(.record_type == "destruction")))' "$work/out" >/dev/null ||
    fail "the chain from the record over its validation to the destruction is broken"
state 64 attest destroyed "$stronger" --technique degauss --equipment E --facility F --name Vera "${by_validator[@]}"
expect_one_error "no technique of destruction"
state 64 attest destroyed "$stronger" --technique melt --equipment E --facility F --photo "$work/none.jpg" --name Vera "${by_validator[@]}"
expect_one_error "none.jpg"

case_is "a drive that does not answer"
state 0 attest unresponsive --serial LABEL-1 --model "Dead 100" --symptom "no answer to any command" --tried "another port" \
    --photo "$work/photo.jpg" --name Vera "${by_validator[@]}"
all_say "$made" unresponsive
expect_status 0 "$quietus" register search LABEL-1
expect_stdout "LABEL-1"
state 64 attest unresponsive --symptom silent --name Vera "${by_validator[@]}"
expect_one_error "which drive is meant"
state 64 attest unresponsive "$stronger" --serial L --symptom silent --name Vera "${by_validator[@]}"
state 64 attest unresponsive --serial L --name Vera "${by_validator[@]}"
case_is "another program's report"
sed -e 's/WD-TEST0001/LABEL-2/' "$source_folder/tests/vectors/foreign/nwipe-erased.log" >"$work/nwipe.log"
state 0 attest report --serial LABEL-2 --format nwipe --report "$work/nwipe.log" --name Vera "${by_validator[@]}"
all_say "$made" third-party
expect_status 1 "$quietus" certificate verify "$made" --ca "$work/ca.pem"
expect_stdout "not checked"
state 65 attest report --serial LABEL-3 --format nwipe --report "$work/nwipe.log" --name Vera "${by_validator[@]}"
expect_one_error "names no drive with serial number LABEL-3"
state 65 attest report --serial LABEL-2 --format blancco --report "$work/nwipe.log" --name Vera "${by_validator[@]}"
state 64 attest report --serial LABEL-2 --format scrub --report "$work/nwipe.log" --name Vera "${by_validator[@]}"

case_is "the second-tool lot"
nonce=000102030405060708090a0b0c0d0e0f
expect_status 1 "$quietus" second-lot --nonce $nonce --fraction 100% --check --ca "$work/ca.pem" --json
[ "$(jq -rs 'map(select(.type == "drawn").outcome) | sort | join(" ")' "$work/out")" = "missing pass" ] ||
    fail "the outcomes are not one pass and one missing"
size=$(jq -r 'select(.type == "lot").size' "$work/out")
state 0 attest verification "$stronger" --tool cmp --covered-bytes 4194304 --pass --lot "$nonce" --name Vera "${by_validator[@]}"
expect_status 0 "$quietus" second-lot --nonce $nonce --fraction 100% --size "$size" --check --ca "$work/ca.pem"
expect_status 1 "$quietus" second-lot --nonce $nonce --fraction 100% --check
expect_status 64 "$quietus" second-lot --nonce 00 --fraction 20%
expect_status 64 "$quietus" second-lot --nonce $nonce --fraction 20
expect_status 64 "$quietus" second-lot --nonce $nonce --size 100
ok "complete once another tool has passed each"

case_is "every byte of every file"
expect_status 0 /usr/bin/python3 - "$quietus_verify" "$accepted" "$work/ca.pem" "$work/flipped" <<'PY'
import os, random, shutil, subprocess, sys
verify, folder, ca, copy = sys.argv[1:]
seed = random.randrange(2**32)
print("seed", seed)
rng = random.Random(seed)
shutil.copytree(folder, copy)
for name in sorted(os.listdir(folder)):
    path = os.path.join(copy, name)
    good = open(path, "rb").read()
    for at in sorted(rng.sample(range(len(good)), min(25, len(good)))):
        bad = bytearray(good)
        bad[at] ^= 1 << rng.randrange(8)
        open(path, "wb").write(bad)
        if subprocess.run([verify, copy, "--ca", ca, "--authenticity-only"], capture_output=True).returncode != 1:
            sys.exit(f"{name}: byte {at} was changed and nobody noticed")
    open(path, "wb").write(good)
PY
ok "a sample of them, each refused"

case_is "the register holds all of them"
expect_status 0 "$quietus" register check
expect_stdout "10 entries"
finished

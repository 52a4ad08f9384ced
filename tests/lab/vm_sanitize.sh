#!/usr/bin/env bash
# Drives that erase themselves, as the shipped quietus and a real kernel see them: nvme-target (the fifth argument) is an honest
# drive, and ones that fail, stall, lie, vanish or are another one meanwhile. What became of their media is read here.
# shellcheck disable=SC2154  # of lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"
nvme_target=${5:?nvme-target is the fifth argument}

declare -A control
# drive NAME OPTION…: a drive with the serial number NAME-SAN over NAME.img. The kernel takes no two with one EUI-64, of which the
# first four bytes are the serial number's.
drive() {
    local name=$1 listens subsystem address
    shift
    cp "$work/old.img" "$work/$name.img"
    : >"$work/$name.ready"
    background "$nvme_target" --image "$work/$name.img" "$@" --knob "serial=$name-SAN" --knob "subsystem=nqn.2026-01.lab:$name" \
        --listen 127.0.0.1:0 --control 127.0.0.1:0 >"$work/$name.ready"
    until_true 20 grep -q ready "$work/$name.ready"
    read -r _ _ listens subsystem _ address <"$work/$name.ready"
    control[$name]=${address##*:}
    echo "$name ${listens##*:} ${address##*:} $subsystem" >>"$work/drives"
}
# say NAME LINE: and the first line of the answer.
say() {
    local answer
    exec 4<>"/dev/tcp/127.0.0.1/${control[$1]}"
    echo "$2" >&4
    read -r answer <&4
    exec 4>&-
    echo "$answer"
}
takes() { echo --knob "sanitize_takes=$1"; }
# turn WHICH: tells the job.
turn() {
    echo "$1" >"$work/turn"
    add "$work/turn" /lab/turn
    add "$work/drives" /lab/drives
    add "$(realpath "$(type -P ip)")" /usr/sbin/ip
    added+=(--module virtio_net --module nvme_tcp)
}

# -- what is expected of a drive ---------------------------------------------------------------------------
node_of() { awk -v name="$1" '$1 == name { print $2 }' "$work/guest/nodes"; }
exit_of() { cat "$work/guest/$1.status"; }
# record_of CALL DRIVE FILE
record_of() { echo "$(evidence_of "$1" "$(node_of "$2")")/$3"; }
# said RECORD FILTER: of a JSON file.
said() { jq -r "$2" "$1"; }
# is RECORD FILTER WANTED
is() {
    local found
    found=$(said "$1" "$2")
    [ "$found" = "$3" ] || fail "$2 is '$found', not '$3', in $(cut -c1-300 "$1")"
}
# sanitizes NAME N: so many Sanitize commands have arrived.
sanitizes() { [ "$(say "$1" "count 84")" = "ok $2" ] || fail "$1: Sanitize commands: $(say "$1" "count 84"), expected $2"; }
# nothing_old NAME: not 16 bytes of what was there.
nothing_old() {
    local found
    found=$(left left "$work/$1.img" 512)
    [ "${found%% *}" = 0 ] || fail "$1.img holds ${found%% *} old bytes"
}
untouched() { [ "$(image_digest "$1")" = "${before[$1]}" ] || fail "$1.img was written"; }
# only WORD NAME: the image is that word of 4 bytes (hex) and nothing else.
only() {
    local others
    others=$(xxd -p -c 64 "$work/$2.img" | grep -cvx "\($1\)\{16\}" || true)
    [ "$others" = 0 ] || fail "$2.img holds something else than $1"
}
# purged CALL NAME TECHNIQUE: the certificate says so, and openssl that it is authentic.
purged() {
    local record folder
    expect_verdict "$1" "$(node_of "$2")" 0 certificate.json
    folder=$(evidence_of "$1" "$(node_of "$2")")
    expect_status 0 sh "$source_folder/certs/verify.sh" "$folder" --fingerprint "$print"
    record=$folder/certificate.json
    is "$record" .sanitization.method_achieved purge
    is "$record" .sanitization.technique "$3"
    is "$record" .verification.markers.unchanged 0
    is "$record" '.verification.markers | .planted > 2000 and .changed == .planted' true
    is "$record" '[.sanitization.steps[] | select(.kind == "device-erase") | .device_said.proof | type] | unique | join(" ")' string
    nothing_old "$2"
}
# not_erased CALL NAME VERDICT: a failure record that verifies, and never a certificate.
not_erased() {
    local record
    expect_verdict "$1" "$(node_of "$2")" 10 failure-record.json
    record=$(record_of "$1" "$2" failure-record.json)
    is "$record" .verdict "$3"
    is "$record" .sanitization.method_achieved none
    [ ! -e "$(dirname "$record")/certificate.json" ] || fail "$2: there is a certificate"
}
# refused CALL NAME EXIT RULE: not one byte of it has changed, and no Sanitize was sent.
refused() {
    [ "$(exit_of "$1")" = "$3" ] || fail "$2: exit $(exit_of "$1"), expected $3: $(cat "$work/guest/$1.err")"
    jq -se --arg rule "$4" 'any(.type == "objection" and .rule == $rule)' "$work/guest/$1.out" >/dev/null ||
        fail "$2: no objection $4: $(jq -r 'select(.type == "objection").what' "$work/guest/$1.out")"
    [ "$(exit_of "$1")" = "$(told "$1" "$(node_of "$2")" exit)" ] || fail "$2: the summary says something else"
    sanitizes "$2" 0
    untouched "$2"
}

case_is "the drives"
new_image old 16M
# shellcheck disable=SC2046  # options
{
    drive power $(takes 1000)
    drive honest $(takes 1000)
    drive lying --personality lying $(takes 1000)
    drive half --personality half-erasing $(takes 1000)
    drive failing --personality failing-restricted $(takes 1000)
    drive stalling --personality stalling $(takes 1000)
    drive vanishing --personality vanishing $(takes 1000)
    drive also $(takes 1000)
    drive overwrite $(takes 1000)
    drive killed $(takes 1000)
    drive swapped $(takes 1000)
    drive changing $(takes 1000)
    for name in hidden-too accepted-too several-too; do head -c 4M "$work/old.img" >"$work/$name.img"; done
    drive hidden --image "$work/hidden-too.img:512:hidden" $(takes 1000)
    drive accepted --image "$work/accepted-too.img:512:hidden" $(takes 1000)
    drive several --image "$work/several-too.img" $(takes 1000)
    drive shared --controllers 2 $(takes 1000)
}
declare -A before
for name in swapped hidden hidden-too several several-too shared; do before[$name]=$(image_digest "$name"); done
truncate -s 64M "$work/state.img"
mkfs.ext4 -q "$work/state.img"
# shellcheck disable=SC2207,SC2054  # options
machine_has=($(image state) -device virtio-blk-pci,drive=state,serial=LAB-STATE -netdev user,id=net -device virtio-net-pci,netdev=net)
ok

case_is "power cut in the middle of a sanitize operation"
turn cut
guest_in_background sanitize.sh "${machine_has[@]}"
guest_says 120 RUNNING
power_off
[[ $(say power status) =~ progress=[0-9] ]] || fail "it does not run: $(say power status)"
say power release >/dev/null
sanitizes power 1
ok

case_is "the machine"
turn all
guest sanitize.sh "${machine_has[@]}"
print=$(openssl x509 -in "$work/guest/state/keys/local.cert.pem" -noout -fingerprint -sha256 | sed 's/.*=//')
ok "fingerprint $print"

case_is "an honest drive, by default"
purged default honest nvme-sanitize-crypto-block
only 00000000 honest
sanitizes honest 2
ok "purge, with a proof of each command"

case_is "block erase, then overwritten as well"
purged also also nvme-sanitize-block
left check "$work/also.img" 512 "$(record_of also also certificate.json)" || fail "the image"
sanitizes also 1
ok

case_is "the drive overwrites itself"
purged overwrite overwrite nvme-sanitize-overwrite
# Dword 11 of the command is the pattern, and its first byte the lowest.
word=$(said "$(record_of overwrite overwrite certificate.json)" '.sanitization.steps[1].device_said.command[88:96]')
only "$word" overwrite
sanitizes overwrite 1
ok "with $word"

case_is "one that lies"
not_erased default lying not-erased
is "$(record_of default lying failure-record.json)" '.verification.markers.unchanged > 0' true
sanitizes lying 2
ok "$(said "$(record_of default lying failure-record.json)" .cause | cut -c1-160)"

case_is "one that erases its first half"
not_erased default half not-erased
is "$(record_of default half failure-record.json)" '.verification.markers | .unchanged > 0 and .changed > 0' true
is "$(record_of default half failure-record.json)" '.verification.mismatched_bytes >= 8388608' true
ok "$(said "$(record_of default half failure-record.json)" .cause | cut -c1-160)"

case_is "one that stalls"
not_erased patience stalling unknown
is "$(record_of patience stalling failure-record.json)" '.sanitization.steps[1].end' unproven
sanitizes stalling 1
ok "$(said "$(record_of patience stalling failure-record.json)" .cause | cut -c1-160)"

case_is "one that vanishes"
not_erased patience vanishing unknown
sanitizes vanishing 1
ok "$(said "$(record_of patience vanishing failure-record.json)" .cause | cut -c1-160)"

case_is "killed in the middle, resumed"
[[ $(cat "$work/guest/killed.status-then") =~ progress=[0-9] ]] || fail "it did not run: $(cat "$work/guest/killed.status-then")"
purged adopted killed nvme-sanitize-block
is "$(record_of adopted killed certificate.json)" '.sanitization.steps[1].device_said.adopted' true
sanitizes killed 1
only 00000000 killed
ok "adopted, not sent again"

case_is "power cut in the middle, resumed at the next start"
[ "$(exit_of resumed)" = 0 ] || fail "exit $(exit_of resumed): $(cat "$work/guest/resumed.err")"
purged resumed power nvme-sanitize-crypto-block
is "$(record_of resumed power certificate.json)" '[.sanitization.steps[1, 2].device_said.adopted] | join(" ")' "true false"
is "$(record_of resumed power certificate.json)" '.attempts_before | length' 1
sanitizes power 2
only 00000000 power
ok

case_is "another drive behind the same node"
refused swapped swapped 65 nvme-identity
not_erased changing changing not-erased
sanitizes changing 1
ok "$(said "$(record_of changing changing failure-record.json)" .cause | cut -c1-160)"

case_is "namespaces that are attached nowhere"
refused hidden hidden 77 nvme-hidden-namespaces
untouched hidden-too
purged accepted accepted nvme-sanitize-crypto-block
only 00000000 accepted
only 00000000 accepted-too
ok

case_is "another namespace in use, another controller"
refused several several 77 nvme-namespaces
untouched several-too
refused shared shared 77 nvme-controllers
ok

case_is "one that fails"
not_erased default failing not-erased
is "$(record_of default failing failure-record.json)" '.sanitization.steps[1].end' io-error
grep -Eq 'sstat=[0-9a-f]*3 step=[0-9]+ ' "$work/guest/failing.before" || fail "it did not fail: $(cat "$work/guest/failing.before")"
ok "$(said "$(record_of default failing failure-record.json)" .cause | cut -c1-160)"

case_is "that one again, which has come to its senses"
purged again failing nvme-sanitize-crypto-block
only 00000000 failing
ok
finished

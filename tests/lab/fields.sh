#!/usr/bin/env bash
# What people say on the command line, in a manifest and in quietus.toml ends in the signed record, names of people in
# people.json alone, and what the host shows is what its files say. All of it is read by every verifier. A drive whose data
# are under a legal hold is not touched.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
cat >"$work/quietus.toml" <<'TOML'
organisation = "Example Ltd"
organisation_address = "Street 1, Town"
organisation_contact = "it@example.org"
contract = "of the file"
TOML
new_loop disk 4M
said=(--asset A-17 --label-serial WD-LABEL --ticket RMA-1 --customer 'Smith, Ltd' --contract C-7 --classification secret
    --condition damaged --failure-reason 'S-12 clicks' --media-source 'server 12' --destination recycler
    --vendor-statement 'letter of 2026' --retention R10 --legal-hold no --backed-up yes --backup-location vault
    --operator Olga --requested-by 'Rita Requester' --approved-by 'Axel Approver' --approval CR-9 --location 'Hall 3')

no_evidence() { [ -z "$(ls -A "$work/state/certificates" 2>/dev/null)" ] || fail "there is evidence"; }
# refused STATUS FLAGS…: nothing is written.
refused() {
    local wanted=$1 before
    shift
    before=$(writes_of "$disk")
    expect_status "$wanted" "$quietus" erase "$disk" "${accept[@]}" --confirm "$disk:$(size_of "$disk")" "$@"
    [ "$(writes_of "$disk")" = "$before" ] || fail "the drive was written"
    no_evidence
    ok "$wanted: $*"
}
case_is "what is refused"
refused 77 --legal-hold yes
expect_stderr 'under a legal hold'
refused 64 --legal-hold perhaps
refused 64 --backed-up 1
printf 'path,size,legal_hold\n%s,%s,yes\n' "$disk" "$(size_of "$disk")" >"$work/held.csv"
expect_status 77 "$quietus" erase --manifest "$work/held.csv" "${accept[@]}" --confirm "$disk:$(size_of "$disk")"
expect_stderr 'line 2 of the manifest: the data are under a legal hold'
no_evidence
ok "a line of the manifest"
new_loop other 4M
expect_status 64 "$quietus" erase "$disk" "$other" --label-serial X
ok "one label for two drives"

case_is "flags and configuration"
erase 0 "$disk" --config "$work/quietus.toml" "${said[@]}"
folder=$(evidence "$work/state/certificates")
record=$folder/certificate.json
# says POINTER VALUE
says() {
    local found
    found=$(jq -r "$1" "$record")
    [ "$found" = "$2" ] || fail "$1 is $found, expected $2"
}
says .issuer.organisation 'Example Ltd'
says .issuer.address 'Street 1, Town'
says .issuer.contact it@example.org
says .drive.asset_tag A-17
says .drive.label_serial WD-LABEL
says .drive.label_serial_compared.unavailable 'the drive reports no serial number to compare with'
says .drive.classification secret
says .drive.condition_at_intake damaged
says .drive.failure_reason 'S-12 clicks'
says .drive.source 'server 12'
says .drive.destination recycler
says .drive.vendor_statement 'letter of 2026'
says .drive.locking.unavailable 'loop devices have none of their own'
says .order.ticket RMA-1
says .order.customer 'Smith, Ltd'
says .order.contract C-7
says .order.retention R10
says .order.legal_hold no
says .order.backed_up yes
says .order.backup_location vault
says .authorisation.approval CR-9
says .authorisation.approver_is_operator false
says '.people.named | join(" ")' 'operator requester approver'
says .host.site 'Hall 3'
! grep -Eq 'Olga|Rita|Axel' "$record" || fail "a person is named in the record"
jq -e '[.people[] | .role + " " + (.name | tostring)] == ["operator Olga", "requester Rita Requester", "approver Axel Approver"]' \
    "$folder/people.json" >/dev/null || fail "people.json names others: $(cat "$folder/people.json")"
ok "each in its place"

case_is "the host"
if [ -d /sys/class/tpm/tpm0/pcr-sha256 ]; then
    says '.host.tpm_pcrs[0].sha256' "$(tr A-F a-f </sys/class/tpm/tpm0/pcr-sha256/0)"
else
    says '.host.tpm_pcrs | has("unavailable")' true
fi
secure=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
if [ -e "$secure" ]; then
    says .host.secure_boot "$(case $(od -An -tu1 -j4 "$secure" | tr -d ' ') in 1) echo on ;; *) echo off ;; esac)"
else
    says '.host.secure_boot | has("unavailable")' true
fi
up=$(for net in /sys/class/net/*; do
    [ "${net##*/}" = lo ] || [ "$(cat "$net/operstate")" != up ] || printf '%s\n' "${net##*/}"
done | LC_ALL=C sort | paste -sd, | sed 's/,/, /g')
network="no interface is up"
[ -z "$up" ] || network="up: $up"
says .host.network "$network"
ok "as its files say"

case_is "every reader"
anchor=$work/state/keys/local.cert.pem
all_say() {
    expect_status 0 "$quietus" certificate verify "$folder" --ca "$anchor"
    expect_status 0 "$quietus_verify" "$folder" --ca "$anchor"
    expect_status 0 sh "$source_folder/certs/verify.sh" "$folder" --ca "$anchor"
}
all_say
# The script shows the drive's own serial number or none, never the label's.
! grep -q WD-LABEL "$work/out" || fail "verify.sh takes the label for the serial number"
expect_status 0 "$quietus" certificate render "$folder" --format html --output "$work/page.html"
for words in 'WD-LABEL' 'C-7' 'CR-9' 'Rita Requester' 'Axel Approver' 'Street 1, Town' 'S-12 clicks'; do
    grep -q "$words" "$work/page.html" || fail "the page does not show $words"
done
rm "$folder/people.json"
all_say
ok "with people and without"

case_is "a PDF is no part of the folder"
expect_status 64 "$quietus" certificate render "$folder" --output "$folder/certificate.pdf"
expect_status 0 "$quietus" certificate render "$folder" --output "$work/certificate.pdf"
expect_status 0 "$quietus_verify" "$folder" --ca "$anchor" --pdf "$work/certificate.pdf"
cp "$work/certificate.pdf" "$folder/"
expect_status 1 "$quietus_verify" "$folder" --ca "$anchor"
expect_status 1 sh "$source_folder/certs/verify.sh" "$folder" --ca "$anchor"
ok "refused there, checked elsewhere"

case_is "a manifest goes before flags and file"
printf 'path,size,contract,requested_by,backed_up\n%s,%s,of the line,Rosa,unknown\n' "$other" "$(size_of "$other")" >"$work/lot.csv"
expect_status 0 "$quietus" erase --config "$work/quietus.toml" --manifest "$work/lot.csv" --out "$work/lot" "${accept[@]}" \
    --confirm "$other:$(size_of "$other")" --contract 'of the flag' --approval CR-10
folder=$(evidence "$work/lot")
record=$folder/certificate.json
says .order.contract 'of the line'
says .order.backed_up unknown
says .authorisation.approval CR-10
says .order.manifest.line 2
jq -e 'any(.people[]; .role == "requester" and .name == "Rosa")' "$folder/people.json" >/dev/null || fail "Rosa is not named"
ok "line, flag, file"

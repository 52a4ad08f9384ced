#!/usr/bin/env bash
# Techniques of several passes, proof and blank passes, and own profiles, on loop devices: what the record says of
# each pass is what the device and openssl say.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
new_loop disk 4M

# record: of the newest erase, which has a folder of its own.
erase_to() {
    local wanted=$1 out=$work/$2
    shift 2
    fill_random "$disk"
    erase "$wanted" "$disk" --out "$out" "$@"
    folder=$(evidence "$out")
    record=$(find "$folder" -name '*record.json' -o -name certificate.json)
}
said() { jq -r "$1" "$record"; }
expect_said() { [ "$(said "$1")" = "$2" ] || fail "record: $1 is $(said "$1"), expected $2"; }
roles() { said '[.sanitization.steps[] | (if .kind == "overwrite" then "w" else "v" end) + .role[0:1] + (.pass | tostring)] | join(" ")'; }
expect_steps() { [ "$(roles)" = "$1" ] || fail "steps: $(roles), expected $1"; }
expect_still_there() { expect_status 0 "$quietus" verify "$disk" --certificate "$folder"; }

case_is "methods, without root"
install -m 0755 "$quietus" "$work/quietus-for-all"
chmod 0755 "$work"
expect_status 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$work/quietus-for-all" methods --json
rows=$(jq -s '[.[] | select(.type == "method")]' "$work/out")
[ "$(jq 'length' <<<"$rows")" -ge 22 ] || fail "fewer than 22 rows"
[ "$(jq 'map(.name) | unique | length' <<<"$rows")" = "$(jq 'length' <<<"$rows")" ] || fail "two rows of one name"
jq -e 'all(.[]; ((.passes | length) > 0) != ((.commands | length) > 0) and ((.commands | length) > 0 or .level == "clear") and (.references | length) > 0)' <<<"$rows" >/dev/null ||
    fail "a row without passes or commands, without documents, or an overwriting one above clear"
chmod 0700 "$work"
ok

case_is "a drawn byte: afssi-5020"
erase_to 0 afssi --technique afssi-5020
expect_steps "wt1 wt2 wt3 vt3"
byte=$(said '.sanitization.steps[2].drawn_byte')
[[ $byte =~ ^[0-9a-f]{2}$ ]] || fail "no drawn byte in the record: $byte"
expect_pattern "$disk" "$byte"
expect_still_there
ok "$byte"

case_is "an alias: dodshort"
erase_to 0 dod --method dodshort
expect_said .sanitization.technique dod-3
expect_steps "wt1 wt2 wt3 vt3"
[ $((16#$(said '.sanitization.steps[0].drawn_byte') ^ 16#$(said '.sanitization.steps[1].drawn_byte'))) = 255 ] ||
    fail "the second pass is not the complement of the first"
expect_keystream "$disk" "$record"
expect_said '[.limits[] | select(test("no higher method"))] | length' 1
ok

case_is "a verification of the document's own: bsi-2011-vs"
erase_to 0 bsi --technique bsi-2011-vs
expect_steps "wt1 vt1 wt2 vt2"
expect_pattern "$disk" ff
expect_said '.verification.expected' "ff (pass 2 of 2)"
ok

case_is "--verify-each"
erase_to 0 each --technique hmg-is5-enhanced --verify-each
expect_steps "wt1 vt1 wt2 vt2 wt3 vt3"
ok

case_is "--prove"
erase_to 0 prove --technique zero --prove
expect_steps "wp1 vp1 wt1 vt1"
expect_pattern "$disk" 00
expect_still_there
erase_to 0 needless --technique random --prove
expect_steps "wt1 vt1"
expect_said '[.sanitization.reasons[] | select(.rule == "verify.prove-not-needed")] | length' 1
ok

case_is "--blank"
erase_to 0 blank --blank
expect_steps "wt1 vt1 wb1"
expect_said '.sanitization.passes | join(" ")' keystream
expect_pattern "$disk" 00
expect_still_there
expect_stdout 'blank pass'
printf x | dd of="$disk" bs=1 seek=100000 conv=notrunc,fsync status=none
expect_status 1 "$quietus" verify "$disk" --certificate "$folder"
ok

case_is "an own profile"
printf 'name = "own"\npasses = ["drawn", "pattern:C0FFEE"]\nrounds = 2\nverify = "each"\n' >"$work/own.toml"
erase_to 0 own --technique "$work/own.toml"
expect_said .sanitization.technique own
expect_said .sanitization.profile.sha256 "$(sha256sum "$work/own.toml" | cut -d' ' -f1)"
expect_steps "wt1 vt1 wt2 vt2 wt3 vt3 wt4 vt4"
rm "$work/own.toml"
expect_pattern "$disk" c0ffee
expect_still_there
printf 'name = "lax"\npasses = ["00"]\nverify = "none"\n' >"$work/lax.toml"
erase_to 11 lax --technique "$work/lax.toml"
erase_to 0 strict --technique "$work/lax.toml" --verify full
ok

case_is "refused before anything is looked at"
fill_random "$disk"
before=$(digest "$disk")
find "$work" -name 'certificate.*' -delete
refused() { # STATUS WHAT [options…]
    local wanted=$1 what=$2
    shift 2
    erase "$wanted" "$disk" "$@"
    expect_one_error "$what"
    assert_untouched "$disk" "$before"
}
printf 'name = "gutmann"\npasses = ["00"]\n' >"$work/shadow.toml"
printf 'name = "own"\npasses = [\n"00",\n"0x00"]\n' >"$work/bad.toml"
refused 65 "shadow.toml:1: 'gutmann' is the name" --technique "$work/shadow.toml"
refused 65 "bad.toml:4: not a pattern: '0x00'" --technique "$work/bad.toml"
refused 64 'none.toml' --technique "$work/none.toml"
refused 64 'none.toml' --technique none.toml
refused 64 "unknown technique 'nuke'" --technique nuke
refused 64 'reads back' --verify none --prove
refused 64 'reads back' --verify none --verify-each
ok
finished

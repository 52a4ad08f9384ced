#!/usr/bin/env bash
# A person at a terminal: what is asked, which answers count, the progress line, and status from another terminal.
# shellcheck disable=SC2154  # new_loop NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state
new_loop disk 8M
fill_random "$disk"
before=$(digest "$disk")
# at_terminal STATUS STEP… -- COMMAND…; the screen is in $work/screen.
at_terminal() {
    local wanted=$1
    shift
    : >"$work/screen"
    run "$python" "$here/on_terminal.py" "$work/screen" "$@"
    [ "$status" = "$wanted" ] || fail "exit status $status, expected $wanted; the screen: $(tail -n 20 "$work/screen")"
}
shows() { grep -Eq -e "$1" "$work/screen" || fail "the screen does not show: $1; it shows: $(tail -n 20 "$work/screen")"; }
name="$disk:$(size_of "$disk")"
prompt="wait:Type +$name"

if [ ${#accept[@]} -gt 0 ]; then
    case_is "nobody is asked about a drive that something else forbids"
    at_terminal 77 -- "$quietus" erase "$disk"
    if grep -q '^Type ' "$work/screen"; then fail "it asked"; fi
    shows 'processes-unseen'
    assert_untouched "$disk" "$before"
    ok
fi

for answer in "yes" "$disk" "$name " "" "/dev/vda:1"; do
    case_is "the answer '$answer'"
    at_terminal 77 "$prompt" "type:$answer" -- "$quietus" erase "$disk" "${accept[@]}"
    shows 'not-confirmed'
    assert_untouched "$disk" "$before"
    ok "exit 77"
done

for signal in INT:130 TERM:143; do
    case_is "SIG${signal%:*} at the prompt"
    at_terminal "${signal#*:}" "$prompt" "signal:${signal%:*}" -- "$quietus" erase "$disk" "${accept[@]}"
    assert_untouched "$disk" "$before"
    [ -z "$(find "$work/state" -name '*-record.*')" ] || fail "there is a record of nothing"
    ok "exit ${signal#*:}, untouched, no record"
done

case_is "^C at the prompt"
at_terminal 130 "$prompt" "type:"$'\x03' -- "$quietus" erase "$disk" "${accept[@]}"
assert_untouched "$disk" "$before"
ok "exit 130"

case_is "the right answer"
at_terminal 0 "$prompt" "type:$name" -- "$quietus" erase "$disk" "${accept[@]}"
shows 'will be destroyed'
shows 'erased \(exit 0\)'
folder=$(evidence "$work/state/certificates")
expect_keystream "$disk" "$folder/certificate.json"
jq -e '[.. | strings] | any(. == "typed-serial")' "$folder/certificate.json" >/dev/null || fail "the record does not say that it was typed"
rm -rf "$work/state/certificates"
ok "erased, and the record says that it was typed"

case_is "progress line, and status from elsewhere"
new_loop large 2G
background "$python" "$here/on_terminal.py" "$work/screen" "wait:Type +$large:" "type:$large:$(size_of "$large")" "wait:writing [0-9.]+%.*/s" "wait:reading back [0-9.]+%" \
    -- "$quietus" erase "$large" "${accept[@]}"
eraser=$child
running() { run "$quietus" status --json; grep -q "\"path\":\"$large\"" "$work/out"; }
until_true 60 running
seen=$(grep -m 1 -o '"done":[^,]*' "$work/out")
expect_status 0 "$quietus" status
expect_stdout "$large"
status=0
wait "$eraser" || status=$?
[ "$status" = 0 ] || fail "exit status $status, expected 0; the screen: $(tail -n 5 "$work/screen")"
expect_status 0 "$quietus" status
if grep -q "$large" "$work/out"; then fail "status still shows it"; fi
ok "status showed the drive ($seen) while it ran, and no longer afterwards"

case_is "no colours and no redrawn lines"
at_terminal 0 "$prompt" "type:$name" -- "$quietus" erase --no-color "$disk" "${accept[@]}"
if grep -q $'\x1b' "$work/screen"; then fail "there is an escape sequence"; fi
ok
# -- the passphrase ------------------------------------------------------------------------------------------
expect_status 0 "$quietus" key create --out "$work/asked.key" --cert-out "$work/asked.pem" --passphrase-fd 3 3<<<'open sesame'
show=("$quietus" key show --key "$work/asked.key" --cert "$work/asked.pem")
question='wait:passphrase of the signing key: '
case_is "a passphrase is asked for, and not shown"
at_terminal 0 "$question" 'type:open sesame' -- "${show[@]}"
shows 'protection: file'
if grep -q sesame "$work/screen"; then fail "the screen shows it"; fi
ok
case_is "a wrong passphrase"
at_terminal 78 "$question" 'type:sesame, open' -- "${show[@]}"
shows 'wrong passphrase'
ok
case_is "nobody is asked where a descriptor was given"
at_terminal 78 -- bash -c '"$@" --passphrase-fd 3 3</dev/null' bash "${show[@]}"
shows 'no passphrase was given'
if grep -q 'passphrase of the signing key:' "$work/screen"; then fail "it asked"; fi
ok
for key in $'\x03' $'\x1c'; do
    case_is "interrupted at the question: $(printf %q "$key")"
    at_terminal 0 "$question" "type:$key" 'wait:after it' -- bash -c 'trap : INT QUIT; "$@"; echo "after it: $?"; stty -a' bash "${show[@]}"
    shows 'after it: 13[01]'
    shows '[ ;]echo '
    ok "the terminal shows again what is typed"
done
case_is "interrupted at the question before an erase"
new_loop asked 4M
fill_random "$asked"
before_asked=$(digest "$asked")
at_terminal 130 "$question" signal:INT -- "$quietus" erase "$asked" --confirm "$asked:$(size_of "$asked")" "${accept[@]}" \
    --key "$work/asked.key" --cert "$work/asked.pem"
[ "$(digest "$asked")" = "$before_asked" ] || fail "it was written"
ok
finished

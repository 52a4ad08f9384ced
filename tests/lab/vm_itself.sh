#!/usr/bin/env bash
# scripts/lab-vm itself: what it hands out, and that nothing is left of a machine, however it ends.
. "$(dirname "$0")/lib.sh"
lab_vm=$source_folder/scripts/lab-vm
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
nothing_is_left() {
    [ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"
    until_true 10 gone "$(cat "$work/qemu")"
}
run_vm() { run "$lab_vm" --quietus "$quietus" --pid-file "$work/qemu" "$@"; }

case_is "a job's words, files and status"
cat >"$work/job" <<'EOJ'
quietus --version
cat /brought/by/name
mkdir /out/folder
echo kept >/out/folder/file
echo "said on standard error" >&2
exit 7
EOJ
echo "of the host" >"$work/file"
began_at=$SECONDS
run_vm --add "$work/file:/brought/by/name" --out "$work/out-folder" "$work/job"
[ "$status" = 7 ] || fail "exit status $status"
expect_stdout '^quietus [0-9]'
expect_stdout '^of the host'
expect_stdout '^said on standard error'
[ "$(cat "$work/out-folder/folder/file")" = kept ] || fail "the file is not there"
nothing_is_left
ok "$((SECONDS - began_at)) s"

case_is "a machine that takes too long"
echo 'sleep 1000' >"$work/job"
run_vm --timeout 2 "$work/job"
[ "$status" = 124 ] || fail "exit status $status"
expect_stderr 'the time of 2 s is over'
nothing_is_left
ok

case_is "a machine that cannot start"
run_vm "$work/job" -- -device there-is-no-such-device
[ "$status" = 70 ] || fail "exit status $status"
expect_stderr 'ended without a result'
nothing_is_left
ok

case_is "killed with its machine running"
rm -f "$work/qemu"
background "$lab_vm" --quietus "$quietus" --pid-file "$work/qemu" "$work/job"
until_true 20 test -s "$work/qemu"
grep -q qemu "/proc/$(cat "$work/qemu")/comm" || until_true 5 grep -q qemu "/proc/$(cat "$work/qemu")/comm"
end_child "$child" -KILL
until_true 10 gone "$(cat "$work/qemu")"
rm -rf "${TMPDIR:?}"/*
ok "its machine is gone too"

case_is "ended by a signal"
rm -f "$work/qemu"
background "$lab_vm" --quietus "$quietus" --pid-file "$work/qemu" "$work/job"
until_true 20 test -s "$work/qemu"
end_child "$child" -TERM
nothing_is_left
ok

case_is "calls that are wrong"
run "$lab_vm" "$work/job" --add relative:path
[ "$status" = 64 ] || fail "exit status $status"
run "$lab_vm" --add "$work/nowhere:/there" "$work/job"
[ "$status" = 69 ] || fail "exit status $status"
expect_stderr 'lab-vm: error: .*nowhere is not there'
ok
finished

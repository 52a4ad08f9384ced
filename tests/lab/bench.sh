#!/usr/bin/env bash
# bench/run works and cleans up. Nothing is said of speed: the machine is busy and the device tiny.
# shellcheck disable=SC2154  # set by lib.sh
. "$(dirname "$0")/lib.sh"
bench=$source_folder/bench/run

# A bench of another run may be there too: ours is known by the pid in its folder's name.
left_by() {
    find /var/tmp -maxdepth 1 -name "quietus-bench-$1-*"
    losetup -n -O BACK-FILE | grep -F "/quietus-bench-$1-" || true
    find /sys/fs/cgroup -maxdepth 3 -name "quietus-bench-$1-*" 2>/dev/null || true
}
nothing_left() { [ -z "$(left_by "$1")" ] || fail "left behind: $(left_by "$1")"; }

case_is "a quick look at the goals"
background "$bench" --quick --only goals --quietus "$quietus" >"$work/out" 2>"$work/err"
status=0
wait "$child" || status=$?
[ "$status" = 0 ] || fail "exit status $status"
for row in 'write zero' 'write random' 'verify zero' 'verify random'; do
    expect_stdout "^\| $row \|( [0-9.]+ \|){4} [0-9.]+ \([0-9.–]+\) \| ≥ 0\.[0-9]+ \| (met|\*\*not met\*\*) \|$"
    expect_stdout "^\| $row \| -?[0-9.]+ \| ≤ 0\.[0-9]+ \| (met|\*\*not met\*\*) \|"
done
for row in 'peak memory, MiB' 'start-up to first write, ms' 'last write to signature, ms'; do
    expect_stdout "^\| $row \| [0-9.]+ \| ≤ [0-9]+ \| (met|\*\*not met\*\*) \|$"
done
nothing_left "$child"
ok "every row is there, and nothing is left behind"

case_is "devices with bad blocks"
background "$bench" --quick --failing --quietus "$quietus" --faultfs "$faultfs" >"$work/out" 2>"$work/err"
status=0
wait "$child" || status=$?
[ "$status" = 0 ] || fail "exit status $status"
expect_stdout '^\| 1 \| \*\*quietus random\*\* \| 0 \| 0 \| 0\.0% \| 10 \| [0-9.]+ \| 11 \|$'
[ "$(grep -Ec '^\| 1 \| \*\*quietus random\*\* \| 4096 \| 0 \| 0\.0% \| 10 \| [0-9.]+ \| 11 \|$' "$work/out")" = 2 ] || fail "not one block is left where it cannot be written"
for tool in 'shred -n1' 'dd conv=noerror'; do
    expect_stdout "^\| 1 \| $tool \| [1-9][0-9]* \| [1-9][0-9]* \| [0-9.]+% \| [1-9][0-9]* \| [0-9.]+ \| 1 \|$"
done
nothing_left "$child"
ok "nothing but the bad block is left by quietus, more by others"

for signal in TERM INT; do
    case_is "SIG$signal in the middle"
    # A background job of a script ignores SIGINT from its birth on: python takes the default back.
    background "$python" -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
        "$bench" --quick --only goals --quietus "$quietus" >"$work/out" 2>"$work/err"
    until_true 60 grep -q 'random, pair 1' "$work/out"
    [ -n "$(left_by "$child")" ] || fail "nothing to clean up: the case shows nothing"
    kill -"$signal" "$child"
    status=0
    wait "$child" || status=$?
    [ "$status" -gt 128 ] || fail "exit status $status"
    nothing_left "$child"
    ok "exit $status, nothing is left behind"
done

case_is "a section that is not there"
expect_status 64 "$bench" --only speed
expect_stderr "unknown section speed"
ok
finished

#!/usr/bin/env bash
# Every technique really writes its passes: a recorder under the loop device logs each request, and a program that shares
# no code with quietus, and has its own table of what each row means, checks content, coverage, order and flushes.
# shellcheck disable=SC2154  # new_faultfs NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
check=$here/check_passes.py
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1

# Nothing divides it, three bytes and a request least of all.
size=$((8 * 1048576 + 3 * 4096))
new_disk() {
    head -c "$size" /dev/urandom >"$work/$1.img"
    new_faultfs "$1" "$size" -b "$2"
    mark "$1" idle
}
new_disk disk512 512
new_disk disk4096 4096

# proven NAME ROW [options of both…]: erases, and has the record checked; $row says how it went.
proven() {
    local name=$1 technique=$2 device=${!1} journal
    shift 2
    case_is "$technique${*:+ $*} on $name"
    new_state
    mark "$name" "$technique"
    erase 0 "$device" --technique "$technique" "$@"
    mark "$name" idle
    journal=$(echo "$work"/state/journal/*.jsonl)
    [ "$(stat -c %a "$journal")" = 600 ] || fail "the journal, which has the keys, is not for root alone"
    expect_status 0 "$python" "$check" "$technique" "$work/$name.record" "$journal" "$@"
    cat "$work/out" >>"$work/table"
    passed=$((passed + 1))
}

case_is "the rows of quietus and those of the checker"
expect_status 0 "$quietus" methods --json
jq -r 'select(.type == "method" and .commands == []).name' "$work/out" | sort >"$work/rows"
"$python" -c 'import check_passes; print(*sorted(check_passes.ROWS), sep="\n")' >"$work/typed"
diff "$work/rows" "$work/typed" >"$work/out" || fail "they are not the same"
ok "$(wc -l <"$work/rows") of them"

while read -r row; do proven disk512 "$row"; done <"$work/rows"
for row in pattern:deadbeef pattern:0102030405060708090a0b; do proven disk512 "$row"; done
proven disk512 dod-3 --verify-each
proven disk512 zero --prove
proven disk512 random --blank
for row in random dod-3 gutmann; do proven disk4096 "$row"; done

printf '%-34s %6s %14s %7s %8s  %-16s %s\n' row passes bytes-per-pass writes flushes read-back "what was written is"
cat "$work/table"

case_is "what a real erase left is refused once doctored"
for row in dod-3 bsi-2011-vs; do
    proven disk512 "$row"
    expect_status 0 "$python" "$here/check_passes_test.py" "$row" "$work/disk512.record" "$work"/state/journal/*.jsonl
    cat "$work/out"
done
case_is "a drive that loses a write"
new_state
rules disk512 "dropped_write where=1048576+512"
mark disk512 random
erase 10 "$disk512" --technique random
mark disk512 idle
rules disk512
expect_status 1 "$python" "$check" random "$work/disk512.record" "$work"/state/journal/*.jsonl
expect_stdout 'random: pass 1 of 1: a write at byte [0-9]+ failed'
no_certificate
ok "quietus and the checker both say so"
end_faultfs disk512
end_faultfs disk4096
finished

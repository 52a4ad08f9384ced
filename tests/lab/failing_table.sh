#!/usr/bin/env bash
# Every fault of faultfs under some techniques: verdict, exit status and evidence, as the table in docs/failing-drives.md
# says. UPDATE_GOLDEN=1 writes the table into the document; `git diff` is the review.
# shellcheck disable=SC2154  # new_faultfs NAME sets $NAME
. "$(dirname "$0")/lib.sh"
learn_what_to_accept
new_state

mebibyte=1048576
size=$((8 * mebibyte))
middle=$((size / 2 + 4096))
document=$source_folder/docs/failing-drives.md
techniques=("zero" "zero --prove" "dod-3" "random")
left() { "$python" -B "$here/check_left.py" "$@"; }
truncate -s "$size" "$work/old.img"
left fill "$work/old.img"

# In words | rule | the weakest pass that shows it, as `faultfs kinds` says; "passes" where nothing is left to show.
cases() {
    local place="where=$middle+4096"
    echo "a block cannot be written|error on=write $place|zero"
    echo "a block cannot be read|error on=read $place|zero"
    echo "the first write of a block fails|error on=write $place times=1|passes"
    echo "the first read of a block fails|error on=read $place times=1|passes"
    echo "nothing can be written|error on=write|zero"
    echo "a quarter of the drive cannot be read|error on=read where=$middle+$((size / 4))|zero"
    echo "a write is acknowledged and dropped|dropped_write $place|zero"
    echo "a write is torn|torn_write $place amount=4096|zero"
    echo "a read brings what was there before|stale_read $place|zero"
    echo "a bit turns on its way out|flipped_bit on=write $place|zero"
    echo "a bit turns on its way in|flipped_bit on=read $place|zero"
    echo "zeros are written instead|silent_zeros on=write $place|keystream"
    echo "zeros are read instead|silent_zeros on=read $place|keystream"
    echo "the capacity is faked: addresses wrap at half of it|aliased amount=$((size / 2))|keystream"
    echo "half of the drive is gone|shrunken_size amount=$((size / 2))|zero"
    echo "the drive does not acknowledge a flush|flush_error|zero"
    echo "each request takes 5 ms|latency on=write delay_ms=5|passes"
    echo "a write is never answered|never_completes on=write $place|zero"
    echo "a read is never answered|never_completes on=read $place|zero"
}

is_free() { "$python" -c 'import os, sys; os.close(os.open(sys.argv[1], os.O_RDWR | os.O_EXCL))' "$disk" 2>/dev/null; }
refill() {
    rules disk
    losetup -c "$disk"
    until_true 30 is_free
    dd if="$work/old.img" of="$disk" bs=1M oflag=direct conv=notrunc,fsync status=none
    rm -rf "$work/state/certificates"
}

# unnamed_blocks RULE RECORD: how many hold old data and are not named. The upper half of a faked capacity is not there:
# what the image has beyond is reached by no address.
unnamed_blocks() {
    local reach=$size record=$2
    case $1 in aliased*) reach=$((size / 2)) ;; esac
    left left "$work/disk.img" "$sector" | "$python" -c '
import json, sys
record = json.load(open(sys.argv[1], encoding="utf-8"))
named = set()
for part in (record["sanitization"]["unwritten"], record["verification"]["mismatched"], record["verification"]["unreadable"]):
    for first, count in part:
        named.update(range(first, first + count))
reach = int(sys.argv[2]) // record["drive"]["logical_sector"]
print(sum(block < reach and block not in named for block in map(int, sys.stdin.read().split()[1:])))' "$record" "$reach"
}

# one RULE TECHNIQUE…: a cell of the table, in $cell; $seen says whether the fault was noticed.
one() {
    local rule=$1 folder record verdict unnamed map=""
    shift
    refill
    rules disk "$rule"
    run timeout 60 "$quietus" erase "$disk" --confirm "$disk:$size" "${accept[@]}" --request-deadline 1s --technique "$@"
    if [ "$status" = 77 ]; then
        cmp -s "$work/old.img" "$work/disk.img" || fail "refused, and written"
        [ -z "$(find "$work/state/certificates" -mindepth 1 2>/dev/null)" ] || fail "refused, and there is evidence"
        seen=yes cell="refused, 77, none"
        return
    fi
    folder=$(evidence "$work/state/certificates")
    record=$(find "$folder" -name '*record.json' -o -name certificate.json)
    [ "$(wc -l <<<"$record")" = 1 ] || fail "records: $record"
    verdict=$(jq -r .verdict "$record")
    [ ! -e "$folder/badmap.mapfile" ] || map=" + map"
    seen=yes
    unnamed=$(unnamed_blocks "$rule" "$record")
    [ "$unnamed" = 0 ] || fail "$unnamed blocks hold old data and are not named"
    if [ "$verdict" = erased ]; then seen=no; fi
    expect_status "$status" "$quietus" certificate verify "$folder"
    if [ "$seen:$by" = no:keystream ]; then verdict="**$verdict**"; fi
    cell="$verdict, $status, \`$(basename "$record")\`$map"
}
# What is declared of a fault against what was seen of it.
as_declared() {
    local by=$1 technique=$2
    case $by:$technique:$seen in
        passes:*:no | zero:*:yes) ;;
        keystream:random:yes | keystream:*--prove:yes) ;;
        keystream:zero:no | keystream:dod-3:*) ;;
        *) fail "shown by $by, noticed by $technique: $seen" ;;
    esac
}

table() {
    local words rule by technique line
    echo "| fault$(printf ' | `%s`' "${techniques[@]}") |"
    echo "| ---$(printf ' | %.s---' "${techniques[@]}") |"
    while IFS='|' read -r words rule by <&3; do
        line="| $words"
        for technique in "${techniques[@]}"; do
            case_is "$sector-byte sectors, $rule, $technique"
            # shellcheck disable=SC2086  # its words are options
            one "$rule" $technique
            as_declared "$by" "$technique"
            line+=" | $cell"
        done
        echo "$line |"
        echo "ok: $sector: $rule ($((SECONDS - began)) s)" >&2
    done 3< <(cases)
}

case_is "every kind of fault is tried"
[ "$(cases | cut -d'|' -f2 | cut -d' ' -f1 | sort -u)" = "$("$faultfs" kinds | cut -d' ' -f1 | sort -u)" ] || fail "the kinds are others"
ok

for sector in 512 4096; do
    rm -f "$work/disk.img" "$work/disk.record"
    new_faultfs disk "$size" -b "$sector"
    table >"$work/table.$sector"
    passed=$((passed + $(cases | wc -l) * ${#techniques[@]}))
    refill
    end_faultfs disk
done

case_is "the same with 512- and 4096-byte sectors"
diff "$work/table.512" "$work/table.4096" || fail "they differ"
ok

case_is "docs/failing-drives.md says so"
begin='<!-- faults -->' end='<!-- /faults -->'
sed -n "\\#^$begin\$#,\\#^$end\$#p" "$document" | sed '1d;$d' >"$work/told"
if [ -n "${UPDATE_GOLDEN:-}" ]; then
    sed -e "\\#^$begin\$#r $work/table.512" -e "\\#^$begin\$#,\\#^$end\$#{\\#^$begin\$#b;\\#^$end\$#b;d}" "$document" >"$work/document"
    cat "$work/document" >"$document"
else
    diff "$work/told" "$work/table.512" || fail "the table is another one (UPDATE_GOLDEN=1 rewrites it)"
fi
ok
finished

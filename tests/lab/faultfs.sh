#!/usr/bin/env bash
# faultfs itself: each fault on a real loop device, seen with dd, at both sector sizes; what it records; and that what
# it declares of each fault (a pass of zeros shows it, only a keystream, or none) is so.
# shellcheck disable=SC2154  # new_faultfs NAME sets $NAME
. "$(dirname "$0")/lib.sh"

megabyte=1048576
size=$((4 * megabyte))

# -- sectors, past the page cache ----------------------------------------------------------------------------
# put DEVICE FIRST COUNT FILE: COUNT sectors of FILE in one request; get: the same, read to standard output.
put() { dd if="$4" of="$1" bs="$(($3 * sector))" oflag=direct,seek_bytes seek="$(($2 * sector))" count=1 conv=notrunc status=none 2>>"$work/err"; }
get() { dd if="$1" bs="$(($3 * sector))" iflag=direct,skip_bytes skip="$(($2 * sector))" count=1 status=none 2>>"$work/err"; }
get_nothing() { get "$disk" "$1" "$2" >/dev/null; }
# filled BYTE COUNT: a file of COUNT sectors of that byte (octal).
filled() {
    head -c $(($2 * sector)) /dev/zero | tr '\0' "\\$1" >"$work/filled"
    echo "$work/filled"
}
# sectors_are DEVICE FIRST OCTAL…: one sector after the other holds that byte and no other.
sectors_are() {
    local device=$1 at=$2 byte
    shift 2
    for byte in "$@"; do
        get "$device" "$at" 1 >"$work/got" || fail "sector $at cannot be read"
        cmp -s "$work/got" "$(filled "$byte" 1)" || fail "sector $at is not all \\$byte"
        at=$((at + 1))
    done
}
in_range() { echo "where=$(($1 * sector))+$(($2 * sector))"; }
fails() { if "$@"; then fail "did not fail: $*"; fi; }
has_struck() { [ "$(struck disk)" = "$1" ] || fail "struck $(struck disk) times, expected $1: $(counts disk)"; }
milliseconds() {
    local before
    before=$(date +%s%3N)
    "$@"
    echo $(($(date +%s%3N) - before))
}

with_no_rule() {
    case_is "$sector: without a rule it is a disk"
    head -c "$size" /dev/urandom >"$work/random"
    rules disk
    dd if="$work/random" of="$disk" bs=1M oflag=direct status=none conv=fsync
    cmp "$work/random" "$disk" || fail "the device holds something else"
    cmp "$work/random" "$work/disk.img" || fail "the image holds something else"
    [ "$(blockdev --getss "$disk")" = "$sector" ] || fail "its sectors are not $sector"
    ok
}

errors() {
    local kind
    case_is "$sector: errors, exactly there"
    put "$disk" 8 4 "$(filled 101 4)"
    rules disk "error on=read $(in_range 9 1)"
    get "$disk" 8 1 >/dev/null
    fails get "$disk" 9 1 >/dev/null
    get "$disk" 10 1 >/dev/null
    has_struck 1
    rules disk "error on=write $(in_range 9 1)"
    put "$disk" 8 1 "$(filled 102 1)"
    fails put "$disk" 9 1 "$(filled 102 1)"
    put "$disk" 10 1 "$(filled 102 1)"
    has_struck 1
    rules disk
    sectors_are "$disk" 8 102 101 102 101
    ok

    case_is "$sector: both ways at once, then no longer"
    rules disk "error on=read $(in_range 9 1) times=2" "error on=write $(in_range 9 1) from=2 times=1"
    for kind in 1 2; do fails get "$disk" 9 1 >/dev/null; done
    get "$disk" 9 1 >/dev/null
    put "$disk" 9 1 "$(filled 103 1)"
    fails put "$disk" 9 1 "$(filled 104 1)"
    put "$disk" 9 1 "$(filled 105 1)"
    [ "$(struck disk 1) $(struck disk 2)" = "2 1" ] || fail "counts: $(counts disk)"
    sectors_are "$disk" 9 105
    ok "$(counts disk | head -n 1)"

    case_is "$sector: no space"
    : >"$work/err"
    rules disk "error on=write $(in_range 9 1) errno=ENOSPC"
    fails put "$disk" 9 1 "$(filled 106 1)"
    ok "$(sed -n 's/.*: //p' "$work/err" | tail -n 1)"

    case_is "$sector: a flush that fails"
    rules disk flush_error
    fails dd if="$(filled 107 1)" of="$disk" bs="$sector" oflag=direct conv=fsync,notrunc count=1 status=none 2>/dev/null
    [ "$(struck disk)" -ge 1 ] || fail "no flush came: $(counts disk)"
    ok
}

lies() {
    local position was_read is_there
    case_is "$sector: a write that is dropped"
    rules disk
    put "$disk" 20 4 "$(filled 101 4)"
    rules disk "dropped_write $(in_range 21 1)"
    put "$disk" 20 4 "$(filled 102 4)"
    sectors_are "$disk" 20 102 101 102 102
    has_struck 1
    ok

    case_is "$sector: a write that is torn"
    rules disk "torn_write $(in_range 20 1) amount=$sector"
    put "$disk" 20 4 "$(filled 103 4)"
    sectors_are "$disk" 20 103 101 102 102
    ok

    case_is "$sector: a read that is stale"
    rules disk "stale_read $(in_range 21 2)"
    put "$disk" 20 4 "$(filled 104 4)"
    sectors_are "$disk" 20 104 101 102 104
    rules disk
    sectors_are "$disk" 20 104 104 104 104
    ok

    case_is "$sector: a bit, on its way out and in"
    rules disk "flipped_bit on=read where=$((21 * sector + 5))+1"
    get "$disk" 20 4 >"$work/got"
    read -r position was_read is_there < <(cmp -l "$work/got" "$(filled 104 4)" || true)
    [ "$position $was_read $is_there" = "$((sector + 6)) 105 104" ] || fail "byte $position: $was_read instead of $is_there"
    rules disk
    sectors_are "$disk" 21 104
    rules disk "flipped_bit on=write where=$((21 * sector + 5))+1"
    put "$disk" 20 4 "$(filled 104 4)"
    rules disk
    get "$disk" 20 4 >"$work/got"
    [ "$(cmp -l "$work/got" "$(filled 104 4)" | wc -l)" = 1 ] || fail "not one bit"
    ok

    case_is "$sector: silent zeros, written and read"
    rules disk "silent_zeros on=write $(in_range 21 1)"
    put "$disk" 20 4 "$(filled 105 4)"
    sectors_are "$disk" 20 105 0 105 105
    rules disk "silent_zeros on=read $(in_range 22 1)"
    sectors_are "$disk" 20 105 0 0 105
    rules disk
    sectors_are "$disk" 22 105
    ok

    case_is "$sector: a faked capacity"
    rules disk "aliased amount=$megabyte"
    put "$disk" $((megabyte / sector + 20)) 2 "$(filled 106 2)"
    sectors_are "$disk" 20 106 106 105
    sectors_are "$disk" $((3 * megabyte / sector + 20)) 106 106 105
    # Across the end of what there is.
    put "$disk" $((2 * megabyte / sector - 1)) 2 "$(filled 107 2)"
    rules disk
    sectors_are "$disk" $((megabyte / sector - 1)) 107
    sectors_are "$disk" 0 107
    ok
}

slowness() {
    local took
    case_is "$sector: slow"
    rules disk "latency on=read $(in_range 30 1) delay_ms=250" "latency on=write $(in_range 30 1) delay_ms=250"
    took=$(milliseconds get_nothing 30 1)
    [ "$took" -ge 250 ] || fail "the read took $took ms"
    took=$(milliseconds put "$disk" 30 1 "$(filled 101 1)")
    [ "$took" -ge 250 ] || fail "the write took $took ms"
    ok

    case_is "$sector: hangs until released, and only there"
    put "$disk" 40 3 "$(filled 101 3)"
    rules disk "never_completes on=write $(in_range 41 1)" "never_completes on=read $(in_range 42 1)"
    cp "$(filled 102 1)" "$work/late"
    dd if="$work/late" of="$disk" bs="$sector" seek=41 oflag=direct conv=notrunc count=1 status=none &
    local writer=$!
    dd if="$disk" of="$work/got-late" bs="$sector" skip=42 iflag=direct count=1 status=none &
    local reader=$!
    until_true 20 grep -q held=2 "$work/disk.mnt/counts"
    put "$disk" 40 1 "$(filled 103 1)"
    sectors_are "$disk" 40 103 101
    [ -e "/proc/$writer" ] && [ -e "/proc/$reader" ] || fail "it did not hang"
    rules disk
    wait "$writer" || fail "the write failed"
    wait "$reader" || fail "the read failed"
    sectors_are "$disk" 40 103 102 101
    cmp -s "$work/got-late" "$(filled 101 1)" || fail "the read brought something else"
    ok
}

shrinking() {
    case_is "$sector: it shrinks"
    rules disk "shrunken_size amount=$((2 * megabyte))"
    get "$disk" $((2 * megabyte / sector - 1)) 1 >/dev/null
    fails get "$disk" $((2 * megabyte / sector)) 1 >/dev/null
    fails put "$disk" $((2 * megabyte / sector)) 1 "$(filled 101 1)"
    put "$disk" $((2 * megabyte / sector - 1)) 1 "$(filled 101 1)"
    losetup -c "$disk"
    [ "$(size_of "$disk")" = $((2 * megabyte)) ] || fail "the size shown is $(size_of "$disk")"
    rules disk
    losetup -c "$disk"
    [ "$(size_of "$disk")" = "$size" ] || fail "the size shown is $(size_of "$disk") and not $size again"
    ok
}

# -- what it declares -----------------------------------------------------------------------------------------
# A rule of that kind in the middle of the device; it strikes within FIRST+COUNT where that means something.
sample_rule() {
    local middle=$((size / 2 + 4096))
    case $1 in
        aliased) echo "aliased amount=$((size / 2))" ;;
        shrunken_size) echo "shrunken_size amount=$((size / 2))" ;;
        torn_write) echo "torn_write where=$middle+4096 amount=4096" ;;
        latency) echo "latency on=$2 where=$middle+4096 delay_ms=1" ;;
        never_completes) echo "never_completes on=$2 where=$middle+4096" ;;
        flush_error) echo flush_error ;;
        stale_read | dropped_write) echo "$1 where=$middle+4096" ;;
        *) echo "$1 on=$2 where=$middle+4096" ;;
    esac
}
# shows FILE: does a pass of it, a flush and a full read-back meet an error or another byte? 0 or 1; else a failure.
shows() {
    local got=0
    dd if="$1" of="$disk" bs=64k oflag=direct conv=fsync,notrunc status=none 2>/dev/null || return 0
    cmp -s "$1" <(dd if="$disk" bs=64k iflag=direct status=none 2>/dev/null) || got=$?
    [ "$got" -le 1 ] || fail "cmp"
    [ "$got" = 1 ]
}
declarations() {
    local kind by on rule direction zero keystream kinds=0
    head -c "$size" /dev/zero >"$work/zeros"
    openssl enc -aes-256-ctr -K "$(printf '%064d' 7)" -iv "$(printf '%032d' 0)" -nopad -in "$work/zeros" -out "$work/keystream"
    while read -r kind by on; do
        # What never ends is shown above; what shows it is a watch, no read-back.
        if [ "$kind" = never_completes ]; then continue; fi
        for direction in ${on//,/ }; do
            rule=$(sample_rule "$kind" "$direction")
            case_is "$sector: declared detectable by $by: $rule"
            zero=no keystream=no
            for pass in zero keystream; do
                rules disk
                dd if="$work/random" of="$disk" bs=1M oflag=direct status=none conv=notrunc
                rules disk "$rule"
                if [ "$pass" = zero ] && shows "$work/zeros"; then zero=yes; fi
                if [ "$pass" = keystream ] && shows "$work/keystream"; then keystream=yes; fi
                [ "$(struck disk)" -ge 1 ] || fail "it never struck"
            done
            case $by:$zero:$keystream in
                zero:yes:yes | keystream:no:yes | none:no:no) ;;
                *) fail "zeros show it: $zero, keystream: $keystream" ;;
            esac
            kinds=$((kinds + 1))
        done
    done < <("$faultfs" kinds)
    case_is "$sector: every fault is as detectable as it declares"
    [ "$kinds" = 14 ] || fail "$kinds were tried"
    ok "$kinds of them"
}

# -- what it writes down ----------------------------------------------------------------------------------------
recording() {
    case_is "$sector: the record"
    rules disk
    mark disk "here it begins"
    dd if="$work/random" of="$disk" bs=64k oflag=direct conv=fsync,notrunc status=none
    rules disk "dropped_write where=0+65536"
    dd if="$work/random" of="$disk" bs=64k oflag=direct count=1 conv=notrunc status=none
    rules disk
    blkdiscard --offset 65536 --length 65536 "$disk"
    blkdiscard --zeroout --offset 131072 --length 65536 "$disk"
    "$python" - "$work/disk.record" "$work/random" <<'PYTHON'
import hashlib, json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
data = open(sys.argv[2], "rb").read()
assert [line["n"] for line in lines] == list(range(len(lines))), "numbering"
assert lines[0]["op"] == "begin" and lines[0]["length"] == len(data), lines[0]
start = max(i for i, line in enumerate(lines) if line["op"] == "mark")
assert lines[start]["text"] == "here it begins", lines[start]
writes = [line for line in lines[start:] if line["op"] == "write"]
for line in writes:
    part = data[line["offset"]:line["offset"] + line["length"]]
    assert line["sha256"] == hashlib.sha256(part).hexdigest(), line
assert sum(line["length"] for line in writes) == len(data) + 65536, "not every write is there"
assert [line["offset"] for line in writes] == sorted(line["offset"] for line in writes[:-1]) + [0], "order"
assert [line.get("fault") for line in writes] == [None] * (len(writes) - 1) + ["dropped_write"], "fault"
at = {op: [i for i, line in enumerate(lines[start:]) if line["op"] == op] for op in ("write", "flush", "discard", "zero")}
assert any(at["write"][-2] < flush < at["write"][-1] for flush in at["flush"]), "flush"
for op, offset in (("discard", 65536), ("zero", 131072)):
    assert [(lines[start + i]["offset"], lines[start + i]["length"]) for i in at[op]] == [(offset, 65536)], op
PYTHON
    ok "$(wc -l <"$work/disk.record") lines"
}

refusals() {
    local bad
    case_is "$sector: rules it does not understand"
    rules disk "error on=read where=0+$sector times=0"
    for bad in "eror" "error where=5" "lock_held" "kill_worker" "short_transfer" $'latency delay_ms=1\nnonsense'; do
        fails rules disk "$bad" 2>"$work/err"
    done
    [ "$(cat "$work/disk.mnt/rules")" = "error on=read where=0+$sector times=0" ] || fail "the rules before are gone"
    fails truncate -s 1M "$work/disk.mnt/disk" 2>/dev/null
    ok
}

its_end() {
    case_is "$sector: killed with a request in its hands"
    rules disk "never_completes on=read"
    dd if="$disk" of=/dev/null bs="$sector" iflag=direct count=1 status=none 2>/dev/null &
    local reader=$!
    until_true 20 grep -q held=1 "$work/disk.mnt/counts"
    end_child "$disk_pid" -KILL
    fails wait "$reader"
    losetup -d "$disk"
    umount -l "$work/disk.mnt"
    ok "the reader gets an error"

    case_is "$sector: told to end"
    rm -f "$work/disk.record"
    new_faultfs disk "$size" -b "$sector"
    end_faultfs disk
    fails mountpoint -q "$work/disk.mnt"
    rm -f "$work/disk.img" "$work/disk.record"
    ok "nothing is left"
}

for sector in 512 4096; do
    new_faultfs disk "$size" -b "$sector"
    with_no_rule
    errors
    lies
    slowness
    shrinking
    declarations
    recording
    refusals
    its_end
done
finished

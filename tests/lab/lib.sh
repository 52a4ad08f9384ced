# shellcheck shell=bash
# What the lab scripts share: a scratch folder, loop devices that are gone afterwards also after kill -9, and
# expectations that say what was expected. Source it first:
#
#   SCRIPT QUIETUS QUIETUS-VERIFY SOURCE-FOLDER [FAULTFS]      (ctest gives these)
#
# The whole script then runs in a mount namespace of its own: nothing it mounts is seen, or left, outside.
set -Eeuo pipefail
export LC_ALL=C

if [ "$(id -u)" -ne 0 ]; then
    echo "skipped: the lab needs root, for loop devices"
    exit 125
fi
if [ $# -lt 3 ]; then
    echo "usage: $0 QUIETUS QUIETUS-VERIFY SOURCE-FOLDER [FAULTFS]" >&2
    exit 64
fi
if [ -z "${QUIETUS_LAB_INSIDE:-}" ]; then
    export QUIETUS_LAB_INSIDE=1
    exec unshare --mount --propagation private bash "$0" "$@"
fi
# shellcheck disable=SC2034  # not every script uses each
{
    quietus=$1
    quietus_verify=$2
    source_folder=$3
    faultfs=${4:-}
}
began=$SECONDS
here=$source_folder/tests/lab
python=/usr/bin/python3

# -- saying ----------------------------------------------------------------------------------------------
passed=0
current="(no case yet)"
case_is() { current=$*; }
fail() {
    {
        echo "FAILED: $current: $*"
        if [ -s "$work/command" ]; then sed 's/^/  ran: /' "$work/command"; fi
        if [ -s "$work/out" ]; then sed 's/^/  stdout: /' "$work/out" | tail -n 40; fi
        if [ -s "$work/err" ]; then sed 's/^/  stderr: /' "$work/err" | tail -n 40; fi
    } >&2
    exit 1
}
ok() {
    passed=$((passed + 1))
    echo "ok: $current${1:+: $1} ($((SECONDS - began)) s)"
}
not_here() { echo "NOT SHOWN HERE: $current: $*"; }
finished() {
    echo "$(basename "$0"): $passed cases in $((SECONDS - began)) s"
    trap - ERR
    exit 0
}

# -- what must be gone afterwards ------------------------------------------------------------------------
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# Everything under one scratch folder, called FOLDER, whoever made it: the run that ends, or one that was killed.
undo() {
    local folder=$1 kind name sequence swap
    if [ -f "$folder/children" ]; then
        while read -r name sequence; do
            if [ "$(started_at "$name")" = "$sequence" ]; then kill -KILL "$name" 2>/dev/null || true; fi
        done <"$folder/children"
        wait 2>/dev/null || true
    fi
    # The newest first: one may stand on another.
    if [ -f "$folder/devices" ]; then
        while read -r kind name sequence; do
            for swap in $(grep -o "^/dev/$name " /proc/swaps || true); do swapoff "$swap" || true; done
            if [ "$(cat "/sys/block/$name/diskseq" 2>/dev/null)" != "$sequence" ]; then continue; fi
            case $kind in
                loop)
                    grep -F "/dev/$name " /proc/self/mounts | cut -d' ' -f2 | xargs -r -n 1 umount -l 2>/dev/null || true
                    partx -d "/dev/$name" 2>/dev/null || true
                    losetup -d "/dev/$name" 2>/dev/null || true
                    ;;
                zram)
                    echo 1 >"/sys/block/$name/reset" 2>/dev/null || true
                    echo "${name#zram}" >/sys/class/zram-control/hot_remove 2>/dev/null || true
                    ;;
            esac
        done < <(tac "$folder/devices")
    fi
    grep -o " $folder/[^ ]*" /proc/self/mounts | tac | xargs -r -n 1 umount -l 2>/dev/null || true
    losetup -n -O NAME,BACK-FILE | while read -r name sequence; do
        case $sequence in "$folder"/*) losetup -d "$name" 2>/dev/null || true ;; esac
    done
    rm -rf "$folder"
}
sweep_up_after_killed_runs() {
    local folder owner began_at
    for folder in "${TMPDIR:-/tmp}"/quietus-lab.*; do
        [ -f "$folder/owner" ] || continue
        read -r owner began_at <"$folder/owner" || continue
        [ "$(started_at "$owner")" != "$began_at" ] || continue
        undo "$folder"
    done
}
sweep_up_after_killed_runs
work=$(mktemp -d "${TMPDIR:-/tmp}/quietus-lab.XXXXXX")
trap 'undo "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'echo "FAILED: $current: line $LINENO: $BASH_COMMAND" >&2' ERR
echo "$$ $(started_at $$)" >"$work/owner"

# background COMMAND…: ends with this script at the latest; its pid is in $child.
background() {
    setpriv --pdeathsig KILL "$@" &
    child=$!
    echo "$child $(started_at "$child")" >>"$work/children"
}
# hold HOW NODE [OFFSET]: a process that holds a device in that way (hold.py); its pid is in $child.
hold() {
    : >"$work/held"
    background "$python" "$here/hold.py" "$@" >"$work/held"
    until_true 20 grep -q held "$work/held"
}
end_child() {
    kill "${2:--TERM}" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# -- devices -------------------------------------------------------------------------------------------
# new_loop NAME SIZE [losetup options…]: a loop device over a file of SIZE; its node is in $NAME, the file is $work/NAME.img.
new_loop() {
    local into=$1 size=$2 node
    shift 2
    [ -e "$work/$into.img" ] || truncate -s "$size" "$work/$into.img"
    node=$(losetup --find --show "$@" "$work/$into.img")
    remember loop "$node"
    # Partitions outlive the loop device they were on, unless somebody took them away: these are a stranger's.
    partx -d "$node" 2>/dev/null || true
    printf -v "$into" %s "$node"
}
# new_faultfs NAME SIZE [losetup options…]: a loop device over faultfs; its node is in $NAME. In $work/NAME.mnt are the
# control files, the image is $work/NAME.img, its record $work/NAME.record, and the program's pid is in $NAME_pid.
# Direct I/O: else the loop driver does one write after the other, and one that hangs holds up all.
new_faultfs() {
    local into=$1 size=$2 node
    shift 2
    [ -x "$faultfs" ] || fail "no faultfs was given as the fourth argument"
    [ -e "$work/$into.img" ] || truncate -s "$size" "$work/$into.img"
    mkdir -p "$work/$into.mnt"
    : >"$work/$into.ready"
    background "$faultfs" "$work/$into.img" "$work/$into.mnt" "$work/$into.record" >"$work/$into.ready"
    printf -v "${into}_pid" %s "$child"
    until_true 20 grep -q ready "$work/$into.ready"
    node=$(losetup --find --show --direct-io=on "$@" "$work/$into.mnt/disk")
    remember loop "$node"
    partx -d "$node" 2>/dev/null || true
    printf -v "$into" %s "$node"
}
# rules NAME [RULE…]: these and no others (docs/lab.md). In one write: the shell would make one of each line, and there
# must be no moment with half of them.
rules() {
    local name=$1
    shift
    printf '%s\n' "$@" >"$work/$name.rules"
    cat "$work/$name.rules" >"$work/$name.mnt/rules"
}
counts() { cat "$work/$1.mnt/counts"; }
# struck NAME [N]: how often the N-th rule, counted from 1, has struck.
struck() { counts "$1" | sed -n "${2:-1}s/ .*//p"; }
mark() { echo "$2" >"$work/$1.mnt/mark"; }
end_faultfs() {
    local pid=$1_pid
    losetup -d "${!1}"
    end_child "${!pid}"
    until_true 20 gone "${!pid}"
}
remember() { echo "$1 ${2#/dev/} $(cat "/sys/block/${2#/dev/}/diskseq")" >>"$work/devices"; }
size_of() { blockdev --getsize64 "$1"; }
fill_random() {
    dd if=/dev/urandom of="$1" bs=1M iflag=count_bytes,fullblock count="$(size_of "$1")" oflag=direct conv=fsync status=none
}
# Past the page cache: what is on the device.
digest() { dd if="$1" bs=1M iflag=direct status=none | sha256sum | cut -d' ' -f1; }
writes_of() { awk '{ print $5, $7 }' "/sys/block/${1#/dev/}/stat"; }

# -- running quietus -----------------------------------------------------------------------------------------
export QUIETUS_STATE_DIR=$work/state QUIETUS_CONFIG=$work/quietus.toml
: >"$QUIETUS_CONFIG"
new_state() {
    rm -rf "$work/state"
    mkdir -m 0700 "$work/state"
}
# Root on a host sees every process. Where it does not (sandboxes, some containers), and only there, the lab vouches
# for them: each script uses devices it made a moment ago.
accept=()
learn_what_to_accept() {
    local probe
    new_loop probe 1M
    run "$quietus" plan --json "$probe"
    if jq -se 'any(.type == "objection" and .rule == "processes-unseen")' "$work/out" >/dev/null; then
        accept=(--accept processes-unseen)
    fi
    losetup -d "$probe"
}
# Keeps status, standard output and standard error of a command in $status, $work/out and $work/err.
run() {
    printf '%q ' "$@" >"$work/command"
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
}
# expect_status STATUS COMMAND…
expect_status() {
    local wanted=$1
    shift
    run "$@"
    [ "$status" = "$wanted" ] || fail "exit status $status, expected $wanted"
}
confirmed() { echo "--confirm" "$1:$(size_of "$1")"; }
# erase STATUS DEVICE [options…]: with its confirmation and what this host needs.
erase() {
    local wanted=$1 device=$2
    shift 2
    expect_status "$wanted" "$quietus" erase "$device" --confirm "$device:$(size_of "$device")" "${accept[@]}" "$@"
}
expect_stderr() { grep -Eq -e "$1" "$work/err" || fail "standard error does not say: $1"; }
expect_stdout() { grep -Eq -e "$1" "$work/out" || fail "standard output does not say: $1"; }
# One clear line, and at most one hint.
expect_one_error() {
    local errors hints
    errors=$(grep -c '^quietus: error: ' "$work/err" || true)
    hints=$(grep -c '^quietus: hint: ' "$work/err" || true)
    [ "$errors" = 1 ] || fail "$errors error lines, expected 1"
    [ "$hints" -le 1 ] || fail "$hints hints, expected at most 1"
    expect_stderr "^quietus: error: .*$1"
}
no_certificate() {
    local found
    found=$(find "$work" -name 'certificate.*' -print -quit)
    [ -z "$found" ] || fail "there is a $found"
}
# assert_untouched DEVICE DIGEST
assert_untouched() {
    [ "$(digest "$1")" = "$2" ] || fail "$1 was written"
    no_certificate
}
# evidence FOLDER: the one evidence folder in there.
evidence() {
    local -a found
    mapfile -t found < <(find "$1" -mindepth 1 -maxdepth 1 -type d)
    [ ${#found[@]} = 1 ] || fail "${#found[@]} evidence folders, expected 1"
    echo "${found[0]}"
}

# -- the independent checker: nothing of quietus, only openssl and cmp -------------------------------------
# expect_keystream DEVICE RECORD: every addressable byte is the published keystream.
expect_keystream() {
    local device=$1 record=$2 algorithm key nonce sector size cipher iv
    algorithm=$(jq -r .sanitization.keystream.algorithm "$record")
    key=$(jq -r .sanitization.keystream.key "$record")
    nonce=$(jq -r .sanitization.keystream.nonce "$record")
    case $algorithm in
        AES-256-CTR) cipher=-aes-256-ctr iv=${nonce}0000000000000000 ;;
        ChaCha20) cipher=-chacha20 iv=0000000000000000${nonce} ;;
        *) fail "unknown algorithm '$algorithm'" ;;
    esac
    sector=$(blockdev --getss "$device")
    size=$(($(size_of "$device") / sector * sector))
    cmp <(dd if="$device" bs=1M iflag=direct,count_bytes count="$size" status=none) \
        <(head -c "$size" /dev/zero | openssl enc "$cipher" -K "$key" -iv "$iv" -nopad) ||
        fail "$device does not hold the published keystream"
}
# expect_pattern DEVICE HEX: every addressable byte is the pattern, repeated from byte 0 on.
expect_pattern() {
    local device=$1 hex=$2 sector size
    sector=$(blockdev --getss "$device")
    size=$(($(size_of "$device") / sector * sector))
    # Doubled some twenty times: a long run of whole patterns, so that few of them make up the device.
    printf %s "$hex" | xxd -r -p >"$work/pattern"
    while [ "$(stat -c %s "$work/pattern")" -lt 4000000 ]; do
        cat "$work/pattern" "$work/pattern" >"$work/twice"
        mv "$work/twice" "$work/pattern"
    done
    cmp <(dd if="$device" bs=1M iflag=direct,count_bytes count="$size" status=none) \
        <(while cat "$work/pattern" 2>/dev/null; do :; done | head -c "$size") ||
        fail "$device does not hold the pattern $hex"
}

# -- waiting ------------------------------------------------------------------------------------------------
# until_true SECONDS COMMAND…: polls; fails when the time is over.
until_true() {
    local deadline=$((SECONDS + $1)) seconds=$1
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "did not come true within $seconds s: $*"
        sleep 0.02
    done
}
gone() { ! [ -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }

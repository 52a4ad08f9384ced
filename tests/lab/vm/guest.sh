# shellcheck shell=bash
# For jobs that run in a guest of scripts/lab-vm (docs/lab.md): `. /lab/guest.sh`.
set -Eeuo pipefail
trap 'echo "FAILED in the guest: line $LINENO: $BASH_COMMAND" >&2' ERR
quietus=/usr/sbin/quietus

# wait_for SECONDS COMMAND…: polls; fails when the time is over.
wait_for() {
    local deadline=$((SECONDS + $1)) seconds=$1
    shift
    until "$@"; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "FAILED in the guest: did not come true within $seconds s: $*"
            exit 1
        fi
        sleep 0.02
    done
}
# drives NODE…: waits until the kernel has found them all.
drives() {
    local node
    for node in "$@"; do wait_for 20 test -b "$node"; done
}
# consent NODE…: the options with which quietus may erase them: serial number, or path and size where one has none.
consent() {
    "$quietus" plan --json "$@" | jq -r 'select(.type == "plan") | "--confirm\n" + .confirm'
}
# State and evidence come back to the host.
export QUIETUS_STATE_DIR=/out/state
# What a command ends with goes to /out/NAME.status, what it says to /out/NAME.out and /out/NAME.err.
# keep NAME COMMAND…
keep() {
    local name=$1 status=0
    shift
    "$@" >"/out/$name.out" 2>"/out/$name.err" || status=$?
    echo "$status" >"/out/$name.status"
}
# erase NAME DEVICE… [-- OPTION…]: with its consent; as keep, and /out/NAME.json is the summary.
erase() {
    local name=$1 consents devices=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        devices+=("$1")
        shift
    done
    shift "$(($# > 0))"
    mapfile -t consents < <(consent "${devices[@]}")
    keep "$name" "$quietus" erase "${devices[@]}" "${consents[@]}" --summary "/out/$name.json" "$@"
}

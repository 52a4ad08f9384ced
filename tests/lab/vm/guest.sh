# shellcheck shell=bash
# For jobs that run in a guest of scripts/lab-vm (docs/lab.md): `. /lab/guest.sh`.
set -Eeuo pipefail
trap 'echo "FAILED in the guest: line $LINENO: $BASH_COMMAND"' ERR
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
# consent NODE: the options with which quietus may erase it: its serial number, or path and size where it has none.
consent() {
    "$quietus" plan --json "$1" | jq -r 'select(.type == "plan") | "--confirm\n" + .confirm'
}

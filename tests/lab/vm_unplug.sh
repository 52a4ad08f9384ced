#!/usr/bin/env bash
# A drive that is pulled while it is written, another one in its place, and the first one again: an NVMe drive in a hot
# plug slot and a SCSI disk.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"

declare -A attach=(
    [nvme]="device_add driver=nvme id=pulled bus=hot_plug"
    [scsi]="device_add driver=scsi-hd id=pulled bus=scsi_bus.0"
)
pull() { qmp device_del id=pulled --until DEVICE_DELETED device=pulled; }
# plug KIND WHICH
plug() {
    # shellcheck disable=SC2086  # words
    qmp ${attach[$1]} "serial=$1-$2" "drive=$1-$2"
}
for name in nvme-mine nvme-other scsi-mine scsi-other; do new_image "$name" 16M; done

exit_of() { cat "$work/guest/$1.status"; }
# One drive is pulled while it is written; another comes to its place; then the first comes back.
story() {
    local kind=$1 before
    guest_says 120 "$kind: being written"
    pull
    guest_says 120 "$kind: gone"
    before=$(image_digest "$kind-other")
    plug "$kind" other
    guest_says 120 "$kind: the other one was refused"
    pull
    guest_says 120 "$kind: the other one is gone"
    [ "$(image_digest "$kind-other")" = "$before" ] || fail "$kind: the other drive was written"
    plug "$kind" mine
    guest_says 120 "$kind: resumed"
}
judge() {
    local kind=$1 node record
    node=$(cat "$work/guest/$kind.node")
    case_is "$kind: pulled while it is written"
    expect_verdict "$kind-broken" "$node" 10 failure-record.json
    record=$(evidence_of "$kind-broken" "$node")/failure-record.json
    [ "$(jq -r .verdict "$record")" = not-erased ] || fail "verdict $(jq -r .verdict "$record")"
    [ "$(jq -r '.sanitization.steps[0].end' "$record")" = device-gone ] || fail "the step ended as $(jq -r '.sanitization.steps[0].end' "$record")"
    [ "$(jq '.sanitization.steps[0].pace.failed_requests' "$record")" -le 16 ] || fail "it was asked on and on"
    [ ! -e "$(dirname "$record")/certificate.json" ] || fail "there is a certificate"
    ok "exit 10, $(jq -r .cause "$record" | cut -c1-200)"

    case_is "$kind: another drive in its place"
    [ "$(exit_of "$kind-other")" = 65 ] || fail "exit $(exit_of "$kind-other")"
    grep -q "$kind-mine: not attached" "$work/guest/$kind-other.out" || fail "it says $(cat "$work/guest/$kind-other.out")"
    [ "$(exit_of "$kind-named")" = 65 ] || fail "by its node: exit $(exit_of "$kind-named")"
    ok "exit 65, untouched"

    case_is "$kind: the drive comes back"
    expect_erased "$kind-resumed" "$node" "$kind-mine" 512
    ok "resumed and erased"
}

case_is "the machine"
# shellcheck disable=SC2046  # options
guest_in_background unplug.sh $(for name in nvme-mine nvme-other scsi-mine scsi-other; do image $name; done) \
    -device pcie-root-port,id=hot_plug,chassis=1 -device virtio-scsi-pci,id=scsi_bus
plug nvme mine
story nvme
pull
plug scsi mine
story scsi
guest_ends
judge nvme
judge scsi
finished

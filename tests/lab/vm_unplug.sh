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

case_is "the machine"
# shellcheck disable=SC2046  # options
guest_in_background unplug.sh $(for name in nvme-mine nvme-other scsi-mine scsi-other; do image $name; done) \
    -device pcie-root-port,id=hot_plug,chassis=1 -device virtio-scsi-pci,id=scsi_bus
plug nvme mine
for kind in nvme scsi; do
    guest_says 60 "$kind: being written"
    pull
    guest_says 60 "$kind: gone"
    other_before=$(image_digest $kind-other)
    plug $kind other
    guest_says 60 "$kind: the other one was refused"
    pull
    guest_says 60 "$kind: the other one is gone"
    [ "$(image_digest $kind-other)" = "$other_before" ] || fail "$kind: another drive was written"
    plug $kind mine
    if [ $kind = nvme ]; then
        guest_says 60 "nvme: resumed"
        pull
        plug scsi mine
    fi
done
guest_ends
for f in "$work"/guest/*.status; do echo "$f $(cat "$f")"; done
rm -rf /tmp/vmx/un; cp -r "$work/guest" /tmp/vmx/un
finished

#!/usr/bin/env bash
# The drives that a loop device is not: NVMe with several namespaces, SATA, SCSI and virtio disks, in a machine of their
# own. What quietus says of them is what nvme-cli and smartctl say; an erase leaves no old byte.
# shellcheck disable=SC2016  # filters of jq
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"

case_is "the machine"
for name in nvme512 nvme4096 zoned sata scsi virtio; do new_image "$name" 16M; done
zoned_before=$(image_digest zoned)
# shellcheck disable=SC2046  # options
guest drives.sh $(for name in nvme512 nvme4096 zoned sata scsi virtio; do image $name; done) \
    -device nvme-subsys,id=subsystem,nqn=lab \
    -device nvme,id=controller,serial=LAB-NVME-1,subsys=subsystem \
    -device nvme-ns,bus=controller,nsid=1,drive=nvme512 \
    -device nvme-ns,bus=controller,nsid=2,drive=nvme4096,logical_block_size=4096,physical_block_size=4096 \
    -device nvme-ns,bus=controller,nsid=3,drive=zoned,zoned=true,zoned.zone_size=4M,zoned.zone_capacity=3M \
    -device ich9-ahci,id=ahci -device ide-hd,bus=ahci.0,drive=sata,model=Labdisk,serial=LAB-SATA,ver=1.5 \
    -device virtio-scsi-pci,id=scsi_bus -device scsi-hd,bus=scsi_bus.0,drive=scsi,vendor=ACME,product=Spinner,serial=LAB-SCSI,ver=0042 \
    -device virtio-blk-pci,drive=virtio,serial=LAB-VIRTIO

# -- what is said of them ---------------------------------------------------------------------------------------
# of DEVICE MEMBER: what quietus says.
of() { jq -r --arg device "$1" "select(.type == \"device\" and .device == \$device).snapshot.$2" "$work/guest/inspect.jsonl"; }
# from FILE FILTER: what another tool says, without the padding of the standards.
from() { jq -r "$2" "$work/guest/$1.json" | sed 's/ *$//'; }
agree() {
    case $3 in '' | null) fail "$1: quietus says nothing of its $2" ;; esac
    [ "$3" = "$4" ] || fail "$1: quietus says its $2 is '$3', another tool '$4'"
    compared=$((compared + 1))
}
namespace() {
    local device=$1 told=id-ns-${1##*/}
    agree "$device" model "$(of "$device" identity.model.value)" "$(from id-ctrl .mn)"
    agree "$device" serial "$(of "$device" identity.serial.value)" "$(from id-ctrl .sn)"
    agree "$device" firmware "$(of "$device" identity.firmware.value)" "$(from id-ctrl .fr)"
    agree "$device" "logical sector" "$(of "$device" geometry.logical_sector)" "$(from "$told" '. as $n | pow(2; .lbafs[$n.flbas % 16].ds)')"
    agree "$device" size "$(of "$device" geometry.size)" "$(from "$told" '. as $n | .nsze * pow(2; .lbafs[$n.flbas % 16].ds)')"
}
by_smartctl() {
    local device=$1 told=smartctl-${1##*/}
    agree "$device" model "$(of "$device" identity.model.value)" "$(from "$told" '.model_name // .scsi_model_name')"
    agree "$device" serial "$(of "$device" identity.serial.value)" "$(from "$told" .serial_number)"
    agree "$device" firmware "$(of "$device" identity.firmware.value)" "$(from "$told" '.firmware_version // .scsi_revision')"
    agree "$device" size "$(of "$device" geometry.size)" "$(from "$told" .user_capacity.bytes)"
    agree "$device" "logical sector" "$(of "$device" geometry.logical_sector)" "$(from "$told" .logical_block_size)"
    agree "$device" "physical sector" "$(of "$device" geometry.physical_sector)" "$(from "$told" '.physical_block_size // .logical_block_size')"
}
case_is "inspect beside nvme-cli and smartctl"
compared=0
for device in /dev/nvme0n1 /dev/nvme0n2 /dev/nvme0n3; do namespace "$device"; done
for device in /dev/nvme0n1 /dev/sda /dev/sdb; do by_smartctl "$device"; done
[ "$(of /dev/vda identity.serial.value)" = LAB-VIRTIO ] || fail "the serial number of /dev/vda"
for device in /dev/nvme0n1 /dev/sda; do
    case $device in *nvme*) transport=nvme ;; *) transport=sata ;; esac
    [ "$(of "$device" transport)" = "$transport" ] || fail "$device: transport $(of "$device" transport)"
done
[ "$(of /dev/nvme0n3 geometry.zones)" = host-managed ] || fail "/dev/nvme0n3: zones $(of /dev/nvme0n3 geometry.zones)"
ok "$compared values agree"

# -- erased ------------------------------------------------------------------------------------------------------
case_is "a zoned namespace is refused"
[ "$(cat "$work/guest/zoned.status")" = 69 ] || fail "exit $(cat "$work/guest/zoned.status")"
cp "$work/guest/zoned.err" "$work/err"
expect_one_error '/dev/nvme0n3: .*zones must be written in order'
[ "$(image_digest zoned)" = "$zoned_before" ] || fail "it was written"
ok "exit 69, untouched: $(grep -m 1 error "$work/err")"

case_is "one call erases NVMe namespaces, SATA, SCSI and virtio disks"
[ "$(cat "$work/guest/all.status")" = 0 ] || fail "exit $(cat "$work/guest/all.status"): $(tail -n 5 "$work/guest/all.err")"
expect_erased all /dev/nvme0n1 nvme512 512
expect_erased all /dev/nvme0n2 nvme4096 4096
expect_erased all /dev/sda sata 512
expect_erased all /dev/sdb scsi 512
expect_erased all /dev/vda virtio 512
ok "five certificates verify with openssl, no old byte is left"
finished

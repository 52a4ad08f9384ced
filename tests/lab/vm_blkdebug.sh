#!/usr/bin/env bash
# Sectors that fail under a real driver: EIO of the medium, as NVMe, SCSI and virtio drives each tell it. What can be
# erased is erased, and the record names the rest to the sector.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"

# To write: one alone, two neighbours across the boundary of a request, and one near the end. To read: one.
bad=(2000 16383 16384 30001)
unreadable=25000
# failing_image: as image $name, with these failing below it.
failing_image() {
    local spot
    rule() { printf '[inject-error]\nevent = "none"\niotype = "%s"\nerrno = "5"\nsector = "%s"\n' "$1" "$2" >>"$work/$name.rules"; }
    for spot in "${bad[@]}"; do rule write "$spot"; done
    rule read $unreadable
    echo "-drive if=none,id=$name,format=raw,cache=unsafe,werror=report,rerror=report,file.driver=blkdebug,file.config=$work/$name.rules,file.image.driver=file,file.image.filename=$work/$name.img"
}
for name in nvme scsi virtio; do new_image "$name" 16M; done

case_is "the machine"
# shellcheck disable=SC2046  # options
guest bad_sectors.sh $(for name in nvme scsi virtio; do failing_image; done) \
    -device nvme,drive=nvme,serial=LAB-NVME -device virtio-scsi-pci,id=scsi_bus \
    -device scsi-hd,bus=scsi_bus.0,drive=scsi,serial=LAB-SCSI -device virtio-blk-pci,drive=virtio,serial=LAB-VIRTIO

# judge NODE IMAGE ERROR: an ERROR is what the kernel makes of it, told by dd.
judge() {
    local node=$1 name=$2 error=$3 record
    case_is "$name: sectors that fail"
    grep -q "$error" "$work/guest/dd-${node##*/}.err" || fail "dd says $(cat "$work/guest/dd-${node##*/}.err")"
    expect_verdict all "$node" 11 exception-record.json
    record=$(evidence_of all "$node")/exception-record.json
    [ "$(jq -c .sanitization.never_written "$record")" = "[[2000,1],[16383,2],[30001,1]]" ] || fail "never written: $(jq -c .sanitization.never_written "$record")"
    [ "$(jq -c .verification.unreadable "$record")" = "[[$unreadable,1]]" ] || fail "unreadable: $(jq -c .verification.unreadable "$record")"
    [ "$(jq -c .verification.mismatched "$record")" = "[]" ] || fail "mismatched: $(jq -c .verification.mismatched "$record")"
    left check "$work/$name.img" 512 "$record" "${bad[@]}" || fail "the image"
    ok "exit 11; dd: $error; $(jq -c '[.sanitization.steps[].pace.failed_requests]' "$record") failed requests, the sectors named and no others hold old data"
}
judge /dev/nvme0n1 nvme 'No data available'
judge /dev/sda scsi 'Input/output error'
judge /dev/vda virtio 'Input/output error'
finished

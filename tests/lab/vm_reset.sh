#!/usr/bin/env bash
# The power of the whole machine is cut while it writes, and again while it reads back; `resume` after the last start ends
# with a certificate. The state is on an ext4 disk of the machine, the page cache of which is lost each time.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"

new_image drive 8M
truncate -s 64M "$work/state.img"
mkfs.ext4 -q "$work/state.img"
# shellcheck disable=SC2207,SC2054  # options
machine_has=($(image drive) $(image state) -device nvme,drive=drive,serial=LAB-NVME -device virtio-blk-pci,drive=state,serial=LAB-STATE)
# turn WHICH: tells the job.
turn() {
    echo "$1" >"$work/turn"
    add "$work/turn" /lab/turn
}

case_is "power cut while it writes"
turn first
guest_in_background power_cut.sh "${machine_has[@]}"
guest_says 120 '"done":[1-9].*"type":"progress".*"writing":true'
power_off
read -r bytes _ < <(left left "$work/drive.img" 512)
[ "$bytes" -gt 0 ] || fail "no old data is left: it was too late"
[ "$bytes" -lt 8388608 ] || fail "all old data is left: it was too early"
ok "$bytes bytes of old data are left"

case_is "power cut while it reads back"
turn second
guest_in_background power_cut.sh "${machine_has[@]}"
guest_says 120 '"done":[1-9].*"type":"progress".*"writing":false'
power_off
ok

case_is "resumed after the last start"
turn last
guest power_cut.sh "${machine_has[@]}"
[ "$(cat "$work/guest/resumed.status")" = 0 ] || fail "exit $(cat "$work/guest/resumed.status"): $(cat "$work/guest/resumed.err")"
expect_erased resumed /dev/nvme0n1 drive 512
record=$(evidence_of resumed /dev/nvme0n1)/certificate.json
[ "$(jq '.attempts_before | length' "$record")" = 2 ] || fail "it tells of other runs: $(jq -c .attempts_before "$record")"
ok "a certificate that verifies, which tells of both runs before it"
finished

# shellcheck shell=bash
# In the guest of vm_reset.sh: one drive, and a disk with the state of quietus that outlives the machine.
# shellcheck source=tests/lab/vm/guest.sh
. /lab/guest.sh
drives /dev/nvme0n1 /dev/vda
mkdir /mnt/state
mount /dev/vda /mnt/state
export QUIETUS_STATE_DIR=/mnt/state
modes=(--json --max-rate 4M)
case $(cat /lab/turn) in
    first)
        mapfile -t words < <(consent /dev/nvme0n1)
        quietus erase /dev/nvme0n1 "${words[@]}" "${modes[@]}"
        ;;
    second) quietus resume --all "${modes[@]}" ;;
    last)
        keep resumed quietus resume --all --summary /out/resumed.json
        cp -r /mnt/state /out/state
        umount /mnt/state
        ;;
esac

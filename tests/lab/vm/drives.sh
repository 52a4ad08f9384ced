# shellcheck shell=bash
# In the guest of vm_drives.sh: what quietus and the tools of others say of each drive, then an erase of all of them.
# shellcheck source=tests/lab/vm/guest.sh
. /lab/guest.sh
free=(/dev/nvme0n1 /dev/nvme0n2 /dev/sda /dev/sdb /dev/vda)
zoned=/dev/nvme0n3
drives "${free[@]}" "$zoned"

quietus inspect --json "${free[@]}" "$zoned" >/out/inspect.jsonl
nvme id-ctrl -o json /dev/nvme0 >/out/id-ctrl.json
for node in /dev/nvme0n1 /dev/nvme0n2 /dev/nvme0n3; do nvme id-ns -o json "$node" >"/out/id-ns-${node##*/}.json"; done
for node in /dev/nvme0n1 /dev/sda /dev/sdb; do smartctl -j -i "$node" >"/out/smartctl-${node##*/}.json"; done

keep zoned quietus erase "$zoned" --confirm "$zoned:$(blockdev --getsize64 "$zoned")"
erase all "${free[@]}"

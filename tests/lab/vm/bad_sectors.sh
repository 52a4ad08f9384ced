# shellcheck shell=bash
# In the guest of vm_blkdebug.sh: an erase of each drive, each of which cannot do all that it is asked for.
# shellcheck source=tests/lab/vm/guest.sh
. /lab/guest.sh
nodes=(/dev/nvme0n1 /dev/sda /dev/vda)
drives "${nodes[@]}"
for node in "${nodes[@]}"; do
    # What the kernel makes of the same place.
    keep "dd-${node##*/}" dd if=/dev/zero of="$node" bs=512 count=1 seek=2000 oflag=direct conv=notrunc
done
erase all "${nodes[@]}"

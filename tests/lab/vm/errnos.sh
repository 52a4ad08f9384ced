# shellcheck shell=bash
# In the guest of vm_errnos.sh: drives of scsi_debug, which fail in ways that no loop device can.
# shellcheck source=tests/lab/vm/guest.sh
. /lab/guest.sh
drives /dev/vda # the old data
serial=2000 # of every drive of scsi_debug
debug=/sys/bus/pseudo/drivers/scsi_debug

# fresh OPTION…: another drive of scsi_debug; its node is in $node.
fresh() {
    modprobe -r scsi_debug
    modprobe scsi_debug dev_size_mb=8 inq_vendor=LAB "$@"
    wait_for 20 find_node
    node=/dev/${found##*/}
    wait_for 20 test -b "$node"
}
find_node() { found=$(compgen -G "$debug/adapter*/host*/target*/*/block/*"); }
with_old_data() { dd if=/dev/vda of="$node" bs=1M oflag=direct status=none; }
# What is on it now comes to the host.
image() { dd if="$node" of="/out/$1.img" bs=1M iflag=direct status=none; }
writing() { jq -es 'any(.type == "progress" and .writing and .done > 0)' "/out/$1.out" >/dev/null 2>&1; }

# Medium errors: reading these sectors fails, also after they were written.
fresh medium_error_start=9000 medium_error_count=3
with_old_data
echo 2 >$debug/opts
keep dd-medium dd if="$node" of=/dev/null bs=512 skip=9000 count=1 iflag=direct
keep medium quietus erase "$node" --confirm $serial --summary /out/medium.json
echo 0 >$debug/opts
image medium
echo "$node" >/out/node

# Taken away while it is written.
fresh
with_old_data
keep deleted quietus erase "$node" --confirm $serial --json --max-rate 2M --summary /out/deleted.json &
run=$!
wait_for 20 writing deleted
echo 1 >"/sys/block/${node##*/}/device/delete"
wait $run

# Write protection: the kernel knows.
fresh wp=1
keep dd-protected dd if=/dev/zero of="$node" bs=512 count=1 oflag=direct
keep protected quietus erase "$node" --confirm $serial

# Zones: a write that is not at a zone's write pointer fails where the host has to manage them.
for model in managed aware; do
    fresh zbc=host-$model zone_size_mb=1 zone_nr_conv=2
    keep dd-$model dd if=/dev/zero of="$node" bs=512 count=1 seek=7000 oflag=direct conv=notrunc
    keep $model quietus erase "$node" --confirm $serial --summary "/out/$model.json"
    image $model
done
modprobe -r scsi_debug

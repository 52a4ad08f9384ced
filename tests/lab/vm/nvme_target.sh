# shellcheck shell=bash
# In the guest of vm_nvme_target.sh: an NVMe subsystem of two controllers over TCP. /lab/where says where: address of the drive's
# tests, port of the hosts, name.
# shellcheck source=tests/lab/vm/guest.sh
. /lab/guest.sh
read -r port name </lab/where
modprobe virtio_net
modprobe nvme_tcp
wait_for 20 test -e /sys/class/net/eth0
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
where="transport=tcp,traddr=10.0.2.2,trsvcid=$port,nqn=$name,reconnect_delay=1,ctrl_loss_tmo=600"

sstat_is() { [ "$(sstat)" = "$1" ]; }
# By the block node, as NVME_IOCTL_ADMIN_CMD. Nothing while the connection is away.
sstat() { nvme admin-passthru "$node" --opcode=0x02 --namespace-id=0xffffffff --cdw10=0x7f0081 --data-len=512 --read --raw-binary 2>/dev/null | od -An -tx2 -j2 -N2 | tr -d ' '; }
# NSID 0.
sanitize() { keep "$1" nvme admin-passthru "$node" --opcode=0x84 --cdw10="$2"; }
is_live() { [ "$(cat /sys/class/nvme/nvme0/state)" = live ]; }

node=/dev/nvme0n1
echo "$where" >/dev/nvme-fabrics
wait_for 20 test -b "$node"
nvme id-ctrl -o json /dev/nvme0 >/out/id-ctrl.json
ls /sys/block >/out/blocks

dd if=/lab/data of="$node" bs=1M oflag=direct status=none
dd if="$node" of=/out/read bs=1M count=2 iflag=direct status=none
sanitize block 2
keep read-while-sanitizing dd if="$node" of=/dev/null bs=4096 count=1 iflag=direct
wait_for 60 sstat_is 0101
dd if="$node" of=/out/after-block bs=1M iflag=direct status=none

# Another path to the same namespace; then the first is taken away.
dd if=/lab/data of="$node" bs=1M oflag=direct status=none
echo "$where,duplicate_connect" >/dev/nvme-fabrics
wait_for 20 test -e /dev/nvme1
nvme disconnect -d nvme0 >/dev/null
sanitize crypto 4
wait_for 60 sstat_is 0101
keep format-node nvme format -s 1 --force "$node"
keep format-4096 nvme format -s 1 -l 1 --force "$node"
blockdev --getss "$node" >/out/sector-size

# The host kills the drive in the middle of it and starts it again.
sanitize killed 2
echo READY
wait_for 120 sstat_is 0101
keep after-kill dd if="$node" of=/dev/null bs=1M iflag=direct

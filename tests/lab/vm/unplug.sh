# shellcheck shell=bash
# In the guest of vm_unplug.sh, which plugs and unplugs as this says what has come true.
# shellcheck source=tests/lab/vm/guest.sh
. /lab/guest.sh

# By what the kernel has read of each: lsblk asks udev for serial numbers, and there is none.
node_of() {
    local disk
    for disk in /sys/block/*; do
        if grep -aqs "$1" "$disk/device/serial" "$disk/device/vpd_pg80"; then echo "/dev/${disk##*/}"; fi
    done
}
attached() { node=$(node_of "$1") && [ -b "$node" ]; }
vanished() { [ -z "$(node_of "$1")" ]; }
writing() { jq -es 'any(.type == "progress" and .writing and .done > 0)' "/out/$1.out" >/dev/null 2>&1; }

for kind in nvme scsi; do
    wait_for 20 attached "$kind-mine"
    mapfile -t words < <(consent "$node")
    keep "$kind-broken" quietus erase "$node" "${words[@]}" --json --max-rate 2M --summary "/out/$kind-broken.json" &
    run=$!
    wait_for 20 writing "$kind-broken"
    echo "$kind: being written"
    wait "$run"
    wait_for 20 vanished "$kind-mine"
    echo "$kind: gone"

    wait_for 20 attached "$kind-other"
    keep "$kind-other" quietus resume --all --json
    # By its node, which is where the lost drive was.
    keep "$kind-named" quietus resume "$node" --json
    echo "$kind: the other one was refused"
    wait_for 20 vanished "$kind-other"
    echo "$kind: the other one is gone"

    wait_for 20 attached "$kind-mine"
    echo "$node" >"/out/$kind.node"
    keep "$kind-resumed" quietus resume --all --summary "/out/$kind-resumed.json"
    echo "$kind: resumed"
done

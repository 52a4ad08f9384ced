# shellcheck shell=bash
# In the guest of vm_sanitize.sh: drives over NVMe/TCP, one a line of /lab/drives: name, its port, that of its control socket, and
# the subsystem's name. The serial number is the name and -SAN. The state of quietus is on a disk that outlives the machine.
# shellcheck source=tests/lab/vm/guest.sh
. /lab/guest.sh
modprobe -a virtio_net nvme_tcp
wait_for 20 test -e /sys/class/net/eth0
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
mkdir /mnt/state
mount /dev/vda /mnt/state
export QUIETUS_STATE_DIR=/mnt/state

declare -A node control
# attach NAME PORT CONTROL NQN: its first namespace is ${node[NAME]}. One that vanishes is given up soon.
attach() {
    local patience=600 said
    if [ "$1" = vanishing ]; then patience=2; fi
    exec 3<>/dev/nvme-fabrics
    echo "transport=tcp,traddr=10.0.2.2,trsvcid=$2,nqn=$4,reconnect_delay=1,ctrl_loss_tmo=$patience" >&3
    read -r said <&3
    exec 3>&-
    said=${said#instance=}
    node[$1]=/dev/nvme${said%%,*}n1
    control[$1]=$3
    drives "${node[$1]}"
    echo "$1 ${node[$1]}" >>/out/nodes
}
# say NAME LINE: to the drive's control socket; its answer.
say() {
    local answer
    exec 4<>"/dev/tcp/10.0.2.2/${control[$1]}"
    echo "$2" >&4
    read -r answer <&4
    exec 4>&-
    echo "$answer"
}
half_done() { say "$1" status | grep -Eq 'progress=[3-9][0-9]'; }
count_is() { [ "$(say "$1" "count $2")" = "ok $3" ]; }
asked_since() { [ "$(say "$1" 'count 2' | cut -d' ' -f2)" -ge "$2" ]; }
# in_background NAME WORDS…: quietus itself, its number in $run; what it says goes to /out/NAME.out and .err.
in_background() {
    local name=$1
    shift
    quietus "$@" --summary "/out/$name.json" >"/out/$name.out" 2>"/out/$name.err" &
    run=$!
}
# named CALL DRIVE OPTION…: an erase with the drive's serial number; as keep, and /out/CALL.json is the summary.
named() { keep "$1" quietus erase "${node[$2]}" --confirm "$2-SAN" --summary "/out/$1.json" "${@:3}"; }
# kill_all PID: it and whatever it has started, at once.
kill_all() {
    local children
    read -ra children <"/proc/$1/task/$1/children" || true
    kill -KILL "$1" "${children[@]}"
    wait "$1" || true
}

# The first start needs one drive, the second all of them.
while read -r name port control_port subsystem; do
    if [ "$(cat /lab/turn)" = all ] || [ "$name" = power ]; then attach "$name" "$port" "$control_port" "$subsystem"; fi
done </lab/drives

if [ "$(cat /lab/turn)" = cut ]; then
    say power freeze >/dev/null
    in_background power erase "${node[power]}" --confirm power-SAN
    wait_for 60 count_is power 84 1
    # Two looks at the status later quietus, too, has seen that it runs.
    wait_for 20 asked_since power $(($(say power 'count 2' | cut -d' ' -f2) + 2))
    echo RUNNING
    sleep infinity
fi

# What the power cut broke off, before anything else.
keep resumed quietus resume "${node[power]}" --summary /out/resumed.json
echo "resumed: $(cat /out/resumed.status)"

# What follows has nothing to do with each other, and goes on at the same time.
patience() {
    erase patience "${node[stalling]}" "${node[vanishing]}" -- --request-deadline 5s
    named also also --technique nvme-sanitize-block --also-overwrite
    named overwrite overwrite --technique nvme-sanitize-overwrite
}
by_default() {
    erase default "${node[honest]}" "${node[lying]}" "${node[half]}" "${node[failing]}"
    # What failed and is restricted may be tried again by a drive that has come to its senses.
    say failing "knob fails_at=never" >/dev/null
    say failing status >/out/failing.before
    named again failing
    # What the command would reach beside the drive that is named.
    for name in hidden shared; do named "$name" "$name" --json; done
    # Its serial number is not its own.
    erase several "${node[several]}" -- --json
    named accepted accepted --accept nvme-hidden-namespaces
}
# Killed in the middle, which lasts until somebody has looked again.
broken_off() {
    say killed freeze >/dev/null
    in_background killed erase "${node[killed]}" --confirm killed-SAN --technique nvme-sanitize-block
    wait_for 60 count_is killed 84 1
    wait_for 20 asked_since killed $(($(say killed 'count 2' | cut -d' ' -f2) + 2))
    kill_all "$run"
    say killed status >/out/killed.status-then
    in_background adopted resume "${node[killed]}"
    wait_for 60 asked_since killed $(($(say killed 'count 2' | cut -d' ' -f2) + 8))
    say killed release >/dev/null
    ends adopted
}
# Another drive behind the same node: before the erase, and in the middle of it.
exchanged() {
    say swapped "knob other_from=1" >/dev/null
    named swapped swapped --json
    say changing freeze >/dev/null
    in_background changing erase "${node[changing]}" --confirm changing-SAN
    wait_for 60 count_is changing 84 1
    say changing "knob other_from=1" >/dev/null
    say changing release >/dev/null
    ends changing
}
# ends NAME: what runs in the background has come to its end.
ends() {
    local status=0
    wait "$run" || status=$?
    echo "$status" >"/out/$1.status"
}
lanes=()
for lane in patience by_default "broken_off; exchanged"; do
    (eval "$lane") &
    lanes+=("$!")
done
for lane in "${lanes[@]}"; do wait "$lane"; done
cp -r /mnt/state /out/state
umount /mnt/state

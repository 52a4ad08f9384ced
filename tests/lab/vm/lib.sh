# shellcheck shell=bash
# For lab scripts whose drives are in a machine of scripts/lab-vm. Source it after ../lib.sh. Drives are files here, filled
# with old data that says where it is; what became of them is read from the files, by check_left.py, on this host.
# shellcheck disable=SC2154  # of ../lib.sh
in_guest=$here/vm
left() { "$python" -B "$here/check_left.py" "$@"; }
qmp() { "$python" -B "$in_guest/qmp.py" "$work/qmp" "$@" >"$work/answer" 2>&1 || fail "QEMU: $(cat "$work/answer" "$work/said")"; }

# new_image NAME SIZE: $work/NAME.img, full of old data.
new_image() {
    truncate -s "$2" "$work/$1.img"
    left fill "$work/$1.img"
}
image_digest() { sha256sum <"$work/$1.img" | cut -d' ' -f1; }
# image NAME: the option that makes QEMU know the image under that name; nothing is attached yet. It lives in this host's
# page cache, which is as good as a disk for a machine that is killed.
image() { echo "-blockdev driver=raw,node-name=$1,file.driver=file,file.filename=$work/$1.img,file.cache.no-flush=on,cache.no-flush=on,discard=unmap"; }

# The machine's own end and kernel messages, for failures.
vm_options() {
    vm=("$source_folder/scripts/lab-vm" --quietus "$quietus" --out "$work/guest" --console "$work/console" --timeout 300
        --qmp "$work/qmp" --pid-file "$work/qemu" "${added[@]}")
    added=()
    rm -rf "$work/guest" "$work/console" "$work/qmp" "$work/qemu"
    mkdir "$work/guest"
}
# add SOURCE PATH: a file for the next machine.
add() { added+=(--add "$1:$2"); }
added=()
# guest JOB [QEMU-ARGUMENT…]: runs vm/JOB to its end, which must be good.
guest() {
    local job=$1 began_at=$SECONDS
    shift
    vm_options
    TMPDIR=$work expect_status 0 "${vm[@]}" "$in_guest/$job" -- "$@"
    echo "$job: the machine took $((SECONDS - began_at)) s"
}
# guest_in_background JOB [QEMU-ARGUMENT…]: what it says goes to $work/said.
guest_in_background() {
    local job=$1
    shift
    vm_options
    : >"$work/said"
    TMPDIR=$work background "${vm[@]}" "$in_guest/$job" -- "$@" >"$work/said" 2>&1
    machine=$child
}
# guest_says SECONDS WORDS: waits until the job has said it.
guest_says() {
    local deadline=$((SECONDS + $1))
    until grep -Eq "$2" "$work/said"; do
        if gone "$machine" || [ "$SECONDS" -ge "$deadline" ]; then fail "the job never said '$2': $(tail -n 30 "$work/said")"; fi
        sleep 0.02
    done
}
# guest_ends: the job in the background has come to its end, which must be good.
guest_ends() {
    status=0
    wait "$machine" || status=$?
    [ "$status" = 0 ] || fail "the machine ended with $status: $(tail -n 30 "$work/said")"
}
# power_off: the machine in the background is killed; what its drives had acknowledged, and no more, is in their images.
power_off() {
    local qemu status=0
    qemu=$(cat "$work/qemu")
    kill -KILL "$qemu"
    wait "$machine" || status=$?
    [ "$status" = 70 ] || fail "lab-vm ended with $status after its machine was killed"
    gone "$qemu" || fail "QEMU is still there"
}
# told SUMMARY DEVICE MEMBER: what the summary of an erase in the guest says of a drive.
told() { jq -r --arg device "$2" ".drives[] | select(.device == \$device).$3" "$work/guest/$1.json"; }
# evidence_of SUMMARY DEVICE: its folder, here.
evidence_of() { echo "$work/guest/state/certificates/$(basename "$(told "$1" "$2" evidence)")"; }
# expect_verdict SUMMARY DEVICE EXIT FILE: the status of the drive, and the kind of its record.
expect_verdict() {
    [ "$(told "$1" "$2" exit)" = "$3" ] || fail "$2 in $1: exit $(told "$1" "$2" exit), expected $3: $(told "$1" "$2" cause)"
    [ -f "$(evidence_of "$1" "$2")/$4" ] || fail "$2 in $1: no $4"
    expect_status "$3" sh "$source_folder/certs/verify.sh" "$(evidence_of "$1" "$2")" --ca "$work/guest/state/keys/local.cert.pem"
}
# expect_erased SUMMARY DEVICE IMAGE SECTOR: its certificate verifies with openssl, and every byte is what it says.
expect_erased() {
    expect_verdict "$1" "$2" 0 certificate.json
    left check "$work/$3.img" "$4" "$(evidence_of "$1" "$2")/certificate.json" || fail "$2: the image"
}

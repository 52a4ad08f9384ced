#!/usr/bin/env bash
# Errors that a loop device cannot carry, by the kernel's scsi_debug: of the medium, of a disk that is taken away, that is
# write protected, that has zones. Each has its exit status and its verdict.
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/vm/lib.sh
. "$(dirname "$0")/vm/lib.sh"

case_is "the machine"
new_image old 8M
# shellcheck disable=SC2046  # options
guest errnos.sh $(image old) -device virtio-blk-pci,drive=old,serial=LAB-OLD
node=$(cat "$work/guest/node")
exit_of() { cat "$work/guest/$1.status"; }
# dd_says NAME ERROR: the premise: what the kernel tells a program.
dd_says() { grep -q "$2" "$work/guest/dd-$1.err" || fail "dd says: $(cat "$work/guest/dd-$1.err")"; }
# refused NAME STATUS ERROR
refused() {
    [ "$(exit_of "$1")" = "$2" ] || fail "exit $(exit_of "$1"): $(cat "$work/guest/$1.err")"
    cp "$work/guest/$1.err" "$work/err"
    expect_one_error "$3"
}

case_is "medium errors of reads (ENODATA)"
dd_says medium 'No data available'
expect_verdict medium "$node" 11 exception-record.json
record=$(evidence_of medium "$node")/exception-record.json
[ "$(jq -c .verification.unreadable "$record")" = "[[9000,3]]" ] || fail "unreadable: $(jq -c .verification.unreadable "$record")"
[ "$(jq -c .sanitization.never_written "$record")" = "[]" ] || fail "never written: $(jq -c .sanitization.never_written "$record")"
[ "$(jq -c '.sanitization.steps[1].pace.retried' "$record")" = 0 ] || fail "a permanent error was tried again"
left check "$work/guest/medium.img" 512 "$record" || fail "the image"
ok "exit 11: $(jq -r .cause "$record")"

case_is "taken away while it is written (ENODEV, ENOSPC)"
expect_verdict deleted "$node" 10 failure-record.json
record=$(evidence_of deleted "$node")/failure-record.json
[ "$(jq -r .verdict "$record")" = not-erased ] || fail "verdict $(jq -r .verdict "$record")"
[ "$(jq -r '.sanitization.steps[0].end' "$record")" = device-gone ] || fail "it ended as $(jq -r '.sanitization.steps[0].end' "$record")"
ok "exit 10: $(jq -r .cause "$record")"

case_is "write protected (EROFS)"
dd_says protected 'Read-only file system'
refused protected 77 'read-only'
ok "exit 77: $(grep -m 1 error "$work/err")"

case_is "zones that the host manages (EREMOTEIO)"
dd_says managed 'Remote I/O error'
refused managed 69 'zones must be written in order'
cmp "$work/guest/managed.img" <(head -c 8M /dev/zero) || fail "it was written"
ok "exit 69: $(grep -m 1 error "$work/err")"

case_is "zones that the host may manage"
expect_verdict aware "$node" 0 certificate.json
left check "$work/guest/aware.img" 512 "$(evidence_of aware "$node")/certificate.json" || fail "the image"
ok "exit 0"
finished

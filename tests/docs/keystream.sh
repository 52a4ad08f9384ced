#!/bin/bash
# The example in docs/formats/keystream.md makes the bytes that the self-test of the engine knows.
source "$(dirname "$0")/common.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '/tests\/docs\/keystream/,/^```$/p' docs/formats/keystream.md | sed '1,2d;$d' >"$work/keystream.sh"
[ "$(grep -cv '^#' "$work/keystream.sh")" -le 10 ] || fault "the example has more than ten lines"

record() { printf '{"drive":{"logical_sector":%s},"sanitization":{"keystream":{"algorithm":"%s","key":"%s","nonce":"%s","pass":1}}}' "$@" >"$work/record.json"; }
bytes() { bash "$work/keystream.sh" "$work/record.json" "$1" | od -An -v -tx1 | tr -d ' \n'; }
check() { case $2 in "$3"*) ;; *) fault "$1: got ${2:0:64}, expected $3" ;; esac; }

# src/engine/keystream.cpp, selftest().
record 512 AES-256-CTR 603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4 f0f1f2f3f4f5f6f7
check "AES-256-CTR at block 0" "$(bytes 0)" b4b0374fbf3694c871e1d290c5ba13a7125f28bc6d2414dde799a2f216cf5f82
first=$(bytes 3)
record 4096 AES-256-CTR 603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4 f0f1f2f3f4f5f6f7
whole=$(bytes 0)
[ "${#whole}" -eq 8192 ] || fault "a block of 4096 bytes has ${#whole} hex digits"
check "AES-256-CTR at byte 1536" "${whole:3072:1024}" "$first"

zeros=$(printf %064d 0)
record 512 ChaCha20 "$zeros" "${zeros:0:16}"
check "ChaCha20 at block 0" "$(bytes 0)" 76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586
first=$(bytes 3)
record 4096 ChaCha20 "$zeros" "${zeros:0:16}"
whole=$(bytes 0)
check "ChaCha20 at byte 1536" "${whole:3072:1024}" "$first"
finish

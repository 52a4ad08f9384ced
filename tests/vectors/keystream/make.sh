#!/bin/sh
# Makes keystream.txt with openssl(1), a second road to the same bytes: 128 of them from each offset on.
# AES-256-CTR: the initial counter block is the nonce, then the big-endian number of the 16-byte block.
# ChaCha20: openssl's 16-byte IV is the little-endian block number (64 bytes each), then the nonce.
set -eu
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
nonce=f0e1d2c3b4a59687
le64() { printf '%016x' "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\8\7\6\5\4\3\2\1/'; }
stream() { head -c 128 /dev/zero | openssl enc "$@" -K "$key" -nosalt | od -An -v -tx1 | tr -d ' \n'; }
openssl version | sed 's/^/# /'
echo "# algorithm key nonce offset bytes"
# 68719476672: 64 bytes before AES block 2^32. 274877906880: 64 bytes before ChaCha20 block 2^32. 2199023255552: 2 TiB.
for offset in 0 64 512 4096 1048576 68719476672 274877906880 2199023255552 1125899906842624 9223372036854775680; do
    echo "AES-256-CTR $key $nonce $offset $(stream -aes-256-ctr -iv "$nonce$(printf '%016x' $((offset / 16)))")"
    echo "ChaCha20 $key $nonce $offset $(stream -chacha20 -iv "$(le64 $((offset / 64)))$nonce")"
done

#!/bin/bash
# The manual is clean mdoc. A missing mandoc is a fault: scripts/setup installs it.
source "$(dirname "$0")/common.sh"
command -v mandoc >/dev/null || { echo "mandoc is missing: scripts/setup" >&2; exit 1; }
for page in man/*.[158]; do
    said=$(mandoc -T lint -W warning "$page" 2>&1) || fault "$said"
done
finish

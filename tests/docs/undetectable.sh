#!/bin/bash
# The table of docs/undetectable.md (or of docs/failing-drives.md, once it is there) is what the campaign prints.
source "$(dirname "$0")/common.sh"
campaign=$1
document=$(grep -lx '<!-- campaign:table -->' docs/*.md)
[ -n "$document" ] || fault "no document has the marker <!-- campaign:table -->"
printed=$(sed -n '/^<!-- campaign:table -->$/,/^<!-- \/campaign:table -->$/p' "$document" | sed '1d;$d')
difference=$(diff <(cat <<<"$printed") <("$campaign" --table)) || fault "$document:" "$difference"
finish

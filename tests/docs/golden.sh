#!/bin/bash
# golden.sh QUIETUS: help and exit statuses as people and pipelines know them. UPDATE_GOLDEN=1 rewrites.
source "$(dirname "$0")/common.sh"
quietus=$1
folder=tests/golden/docs

compare() {
    local file=$folder/$1 now=$2 difference
    if [ -n "${UPDATE_GOLDEN:-}" ] || [ ! -e "$file" ]; then
        [ -e "$file" ] || fault "$file was missing and has been made: look at it and commit it"
        mkdir -p "$folder"
        printf '%s\n' "$now" >"$file"
        return
    fi
    difference=$(diff "$file" <(printf '%s\n' "$now")) || fault "$file:" "$difference"
}

compare help.txt "$("$quietus" --help)"
compare help-all.txt "$("$quietus" help all)"
compare help-erase.txt "$("$quietus" erase --help)"
compare help-resume.txt "$("$quietus" resume --help)"
# The whole table: what is written and claimed under each name, for review.
compare methods.txt "$("$quietus" methods
    for name in $("$quietus" methods | sed -n '2,/^$/p' | cut -d' ' -f1); do echo; "$quietus" methods "$name"; done)"
compare exit-status.txt "$(sed -n '/kTable{{/,/}};/p' src/base/exit_status.cpp | sed -nE 's/^    \{([a-z_]+), "(.*)", "(.*)"\},$/\1|\2|\3/p' |
    while IFS='|' read -r name meaning media; do
        number=$(sed -nE "s/^    $name = ([0-9]+),.*/\1/p" src/base/exit_status.h)
        printf '%s\t%s\t%s\t%s\n' "$number" "$name" "$meaning" "$media"
    done)"
said=$("$quietus" nosuchcommand 2>&1)
[ $? -eq 64 ] || fault "a command that does not exist does not end with 64"
[[ $said == *nosuchcommand* ]] || fault "a command that does not exist is not named: $said"
finish

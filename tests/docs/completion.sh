#!/bin/bash
# completion.sh QUIETUS QUIETUS-VERIFY: every command and option of --help is completed, and nothing else.
source "$(dirname "$0")/common.sh"
quietus=$1 verifier=$2
source completions/quietus.bash

# complete WORD...: what is offered for the last word.
offered() {
    COMP_WORDS=(quietus "$@") COMP_CWORD=$#
    COMPREPLY=()
    _quietus
    printf '%s\n' "${COMPREPLY[@]}"
}

blank=$(mktemp -d)
all=$("$quietus" help all)
global=$(long_options_of "$all")
same "commands" "$(subcommands_of "$all")" "$(offered '' | grep -v '^-')"
same "options before a command" "$global" "$(offered --)"
for command in $(subcommands_of "$all"); do
    [ "$command" != help ] || continue
    help=$("$quietus" "$command" --help)
    inner=$(subcommands_of "$help")
    if [ -z "$inner" ]; then
        same "$command" "$(printf '%s\n%s' "$global" "$(long_options_of "$help")")" "$(offered "$command" --)"
        same "$command after --json" "$(offered "$command" --)" "$(offered --json "$command" --)"
        same "$command after --config FILE" "$(offered "$command" --)" "$(offered --config list "$command" --)"
        continue
    fi
    same "$command: commands" "$inner" "$(offered "$command" '' | grep -v '^-')"
    for sub in $inner; do
        same "$command $sub" "$(printf '%s\n%s' "$global" "$(long_options_of "$("$quietus" "$command" "$sub" --help)")")" "$(offered "$command" "$sub" --)"
    done
done
same "help" "$(subcommands_of "$all" | grep -vx help; echo all)" "$(offered help '')"
rows=$("$quietus" methods | sed -n '2,/^$/p' | cut -d' ' -f1 | grep .)
for command in plan erase; do
    same "$command --technique" "$(printf '%s\npattern:' "$rows")" "$(cd "$blank" && offered "$command" --technique '')"
done
same "methods" "$(printf '%s\npattern:' "$rows")" "$(offered methods '' | grep -v '^-')"
same "--accept" "$(guard_rules | sed -n 's/ consent$//p')" "$(offered erase --accept '')"

blocks=$(mktemp -d)
trap 'rm -rf "$blocks" "$blank"' EXIT
mkdir "$blocks/sda" "$blocks/loop0" "$blocks/loop1"
echo 2048 >"$blocks/sda/size"; echo 2048 >"$blocks/loop1/size"; echo 0 >"$blocks/loop0/size"
QUIETUS_SYS_BLOCK=$blocks
for command in plan erase resume inspect stop verify; do
    same "$command: drives with a size" $'/dev/sda\n/dev/loop1' "$(offered "$command" /dev/)"
done

COMP_WORDS=(quietus-verify --) COMP_CWORD=1
COMPREPLY=()
_quietus_verify
same "quietus-verify" "$(long_options_of "$("$verifier" --help)")" "$(printf '%s\n' "${COMPREPLY[@]}")"
finish

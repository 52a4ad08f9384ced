#!/bin/bash
# man.sh QUIETUS QUIETUS-VERIFY: every command and option of --help is in the manual, and back.
source "$(dirname "$0")/common.sh"
quietus=$1 verifier=$2

page_of() {
    case $1 in
        attest | certificate | key | methods | second-lot | validate) echo "man/quietus-$1.1" ;;
        verify) echo man/quietus-verify-device.8 ;;
        *) echo "man/quietus-$1.8" ;;
    esac
}

all=$("$quietus" help all)
global=$(options_of "$all")
same "man/quietus.8: options" "$global" "$(section man/quietus.8 OPTIONS | man_options)"

named=''
for command in $(subcommands_of "$all"); do
    help=$("$quietus" "$command" --help)
    inner=$(subcommands_of "$help")
    options=$(options_of "$help")
    for sub in $inner; do
        named+="$command $sub"$'\n'
        options+=$'\n'$(options_of "$("$quietus" "$command" "$sub" --help)")
    done
    [ -n "$inner" ] || named+=$command$'\n'
    [ "$command" != help ] || continue
    page=$(page_of "$command")
    [ -e "$page" ] || { fault "$page is missing"; continue; }
    # --help is everywhere, and is described once.
    same "$page: options" "none $(printf '\n%s' "$options" | grep -vxE -- '-h|--help')" "none $(printf '\n%s' "$(man_options "$page")")"
done
same "man/quietus.8: commands" "${named%$'\n'}" "$(section man/quietus.8 COMMANDS | sed -nE 's/^\.It Ic (.*)$/\1/p')"
same "man/quietus-verify.1: options" "$(options_of "$("$verifier" --help)")" "$(man_options man/quietus-verify.1)"

# "Usage" names the program, so that help of a command can be pasted.
grep -q '^Usage: quietus erase ' <<<"$("$quietus" help erase)" || fault "help erase: its usage does not begin with quietus erase"
finish

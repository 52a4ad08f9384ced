# shellcheck shell=bash
# Shared by the tests of this folder; sourced. Faults are collected, so that one run shows them all.
set -uo pipefail
export LC_ALL=C
unset QUIETUS_CONFIG QUIETUS_STATE_DIR
faults=0

fault() { printf '%s\n' "$*" >&2; faults=$((faults + 1)); }
finish() { [ "$faults" -eq 0 ] || { echo "$faults fault(s)" >&2; exit 1; }; }

# same WHAT LIST LIST: two lists, one word or line an item, in any order.
same() {
    local what=$1 difference
    [ -n "$2" ] || { fault "$what: the first list is empty"; return; }
    difference=$(diff <(sort -u <<<"$2") <(sort -u <<<"$3")) || fault "$what:" "$difference"
}

# options_of TEXT-OF-HELP: -h, --json, … one a line.
options_of() { grep -oE '^  -[-a-zA-Z,]+' <<<"$1" | tr -d ' ' | tr ',' '\n'; }
long_options_of() { options_of "$1" | grep -- '^--'; }
subcommands_of() { sed -n '/^Subcommands:/,/^$/p' <<<"$1" | grep -oE '^  [a-z-]+' | tr -d ' '; }

# Rules as the guards have them: "id stop" or "id consent".
guard_rules() {
    local unique
    unique=$(grep -oE 'kNoUniqueSerial = "[a-z-]+"' src/guard/guard.h | cut -d'"' -f2)
    sed -n '/kRules{{/,/^}};/p' src/guard/rules.cpp | sed "s/{kNoUniqueSerial,/{\"$unique\",/" |
        grep -oE '^ +\{"[a-z-]+", k(Stop|Consent)' | sed -E 's/^ +\{"([a-z-]+)", kStop/\1 stop/; s/^ +\{"([a-z-]+)", kConsent/\1 consent/'
}

# Exit statuses as the program has them: numbers, one a line.
exit_statuses() { sed -n '/enum class ExitStatus/,/};/p' src/base/exit_status.h | grep -oE '= [0-9]+' | tr -d '= '; }

# section FILE NAME: the lines of a section of a manual page.
section() { sed -n "/^\.Sh $2\$/,/^\.Sh /p" "$1" | sed '1d;$d'; }
# man_options FILE-OR-STDIN: options that a list describes.
man_options() { grep -E '^\.It Fl' "$@" | grep -oE 'Fl -?[a-zA-Z-]+' | sed 's/^Fl /-/'; }

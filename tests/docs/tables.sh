#!/bin/bash
# Tables of the documents against the tables of the code.
source "$(dirname "$0")/common.sh"
same "README.md: exit statuses" "$(exit_statuses)" "$(sed -n '/^| exit | meaning/,/^$/p' README.md | grep -oE '^\| [0-9]+ ' | tr -d '| ')"
same "man/quietus.8: exit statuses" "$(exit_statuses)" "$(section man/quietus.8 'EXIT STATUS' | grep -oE '^\.It [0-9]+' | cut -c5-)"

guards=$(section man/quietus.8 GUARDS)
listed() { sed -n "/^\.Ss $1/,/^\.El/p" <<<"$guards" | sed -nE "s/^\.It Ic ([a-z-]+)\$/\1 $2/p"; }
same "man/quietus.8: guard rules" "$(guard_rules)" "$(listed 'Rules that nothing lifts' stop; listed 'Rules that consent lifts' consent)"

codes=$(sed -n '/enum class ErrorCode/,/};/p' src/base/result.h | grep -oE '^    [a-z_]+,' | tr -d ' ,')
same "man/quietus.8: error codes" "$codes" "$(section man/quietus.8 DIAGNOSTICS | grep -oE '^\.Sy [a-z_]+$' | cut -c5-)"

variables=$(grep -rhoE '(environment|envname)\("[A-Z_]+"\)' src | cut -d'"' -f2)
same "man/quietus.8: environment" "$variables" "$(section man/quietus.8 ENVIRONMENT | grep -oE '^\.It Ev [A-Z_]+' | cut -d' ' -f3)"

keys=$(sed -n '/known{$/,/};/p' src/app/settings.cpp | grep -oE '\{"[a-z_]+",' | cut -d'"' -f2
    sed -n '/apply_certificate/,/^}/p' src/app/settings.cpp | grep -oE 'key.str\(\) == "[a-z]+"' | cut -d'"' -f2 | grep -vx certificate)
same "man/quietus.toml.5: keys" "$keys" "$(grep -oE '^\.It Ic [a-z_]+' man/quietus.toml.5 | cut -d' ' -f3)"

# The text table of list is the one finding that is never an event.
# Joined to one line, since a call may be broken after its parenthesis.
events=$(cat src/cli/*.cpp | tr -s ' \n' ' ' | grep -oE '(print_event\( ?[a-z_]+, |finding\( ?)"[a-z]+"' | cut -d'"' -f2 | grep -vx list)
same "docs/formats/events.md: events" "$events" "$(sed -n '/^| type /,/^$/p' docs/formats/events.md | sed 's/^|\([^|]*\)|.*/\1/' | grep -oE '`[a-z]+`' | tr -d '`')"

steps=$(grep -oE '\{"event", "[a-z]+"\}' src/engine/events.cpp | cut -d'"' -f4)
same "docs/formats/journal.md: events" "$steps" "$(sed -n '/^| event /,/^$/p' docs/formats/journal.md | grep -oE '^\| `[a-z]+`' | tr -d '|` ')"
same "man/quietus-journal.5: events" "$steps" "$(sed -n '/^One of$/,/^\.El/p' man/quietus-journal.5 | grep '^\.Sy ' | grep -oE '\b(open|begin|progress|end|close|evidence)\b')"

same "docs/drives.md: the table" "$(cat tests/golden/nvme-drives.md)" "$(sed -n '/^| drive /,$p' docs/drives.md)"
finish

#!/bin/bash
# The graph in ARCHITECTURE.md is the one scripts/check-layers checks.
source "$(dirname "$0")/common.sh"
drawn=$(sed -n '/^```mermaid$/,/^```$/p' ARCHITECTURE.md | sed '1d;$d')
difference=$(diff <(scripts/check-layers --mermaid) <(printf '%s\n' "$drawn")) ||
    fault "ARCHITECTURE.md: not the graph of scripts/check-layers --mermaid:" "$difference"
layers=$(scripts/check-layers --mermaid | grep -oE '[a-z]+' | grep -vE '^(graph)$' | sort -u)
same "ARCHITECTURE.md: layers of the table" "$layers" "$(sed -n '/^| layer /,/^$/p' ARCHITECTURE.md | grep -oE '^\| `[a-z]+`' | tr -d '|` ')"
finish

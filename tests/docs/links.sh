#!/bin/bash
# Every relative link of a document leads to a file; every path in backquotes that looks like one of ours is there.
source "$(dirname "$0")/common.sh"
documents=$(git ls-files '*.md' 2>/dev/null) || documents=
[ -n "$documents" ] || documents=$(find . -path ./build -prune -o -name '*.md' -print)
for document in $documents; do
    folder=$(dirname "$document")
    while IFS= read -r target; do
        case $target in http*://* | '#'* | '') continue ;; esac
        [ -e "$folder/${target%%#*}" ] || fault "$document: link to $target leads nowhere"
    done < <(grep -oE '\]\([^) ]+\)' "$document" | sed -E 's/^\]\(//; s/\)$//')
    while IFS= read -r path; do
        compgen -G "$path" >/dev/null || fault "$document: there is no $path"
    done < <(grep -oE '`(src|certs|drivers|man|tests|docs|scripts|completions)/[A-Za-z0-9_./*-]+`' "$document" | tr -d '`')
done
for page in man/*.[158]; do
    while read -r name number; do
        case $name in
            quietus*) [ -e "man/$name.$number" ] || fault "$page: refers to $name($number), which is not there" ;;
        esac
    done < <(grep -E '^\.Xr ' "$page" | awk '{print $2, $3}')
done
finish

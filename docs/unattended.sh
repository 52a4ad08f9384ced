#!/bin/sh
# unattended.sh MANIFEST RESULT [--accept RULE...]: erases every drive of a manifest (docs/formats/manifest.md)
# without a person, deciding on exit statuses alone; RESULT gets one JSON document (docs/formats/summary.md).
manifest=$1 result=$2
shift 2
plan=$(quietus plan --json --manifest "$manifest" "$@") || exit
token=$(printf '%s\n' "$plan" | sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
quietus erase --manifest "$manifest" --confirm-plan "$token" --summary "$result" "$@"
case $? in
    0) echo "every drive is erased, certified and registered" ;;
    73 | 74 | 75 | 130 | 143) echo "not done: run the same again" >&2; exit 75 ;;
    *) echo "not erased: take the drives out and look at $result" >&2; exit 10 ;;
esac

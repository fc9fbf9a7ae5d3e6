#!/usr/bin/env bash
# What `make demo` shows: the sample company read into a throw-away workspace, and four questions to it.
set -euo pipefail
cd "$(dirname "$0")"

say() { if [ -t 1 ]; then printf '\n\033[1m$ %s\033[0m\n' "$1"; else printf '\n$ %s\n' "$1"; fi; }
ask() {
    say "homeground ask \"$1\""
    homeground ask "$1"
}

demo=../.demo
rm -rf "$demo"
mkdir "$demo"
cp -R company "$demo/company"
cd "$demo"
unset HOMEGROUND_WORKSPACE

say "homeground init" && homeground init
say "homeground add company" && homeground add company
say "homeground status" && homeground status
ask "How many days of annual leave does a full-time employee have?"
ask "What was the operating profit in 2025?"
ask "When does production of the Heron 300 start?"
ask "Which airline does the company fly with to Japan?"

printf '\nThe last one is not in the documents, so it is not answered. Ask your own, or read your own documents:\n'
printf '  source .venv/bin/activate && cd .demo && homeground ask "What does error E07 mean?"\n'

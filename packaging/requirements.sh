#!/usr/bin/env bash
# Compiles pyproject.toml into pinned, hashed requirement files that hold for every system and Python from 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=packaging/requirements
# Keeps what is pinned where it still fits; with --upgrade the newest that fits is taken.
compile() {
    local out=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@" --output-file "$out"
    # A pin names a package, never the place it came from.
    if grep -nE '://|^-' "$out"; then
        echo "$out names a place: see the lines above." >&2
        exit 1
    fi
}

compile "$folder/runtime.txt" pyproject.toml "$@"
compile "$folder/dev.txt" --group pyproject.toml:dev --constraint "$folder/runtime.txt" "$@"
# What the chart's peers need, each in an environment of its own that the program never sees.
for peer in benchmarks/peers/requirements/*.in; do
    compile "${peer%.in}.txt" "$peer" "$@"
done
for unwanted in pandas exchange-calendars; do
    if grep -qE "^$unwanted==" "$folder/runtime.txt"; then
        echo "$unwanted must stay out of the program's own packages." >&2
        exit 1
    fi
done

#!/usr/bin/env bash
# Makes .venv ready for running, testing and checking the program; does nothing when it already is.
set -euo pipefail
cd "$(dirname "$0")/.."

inputs=(pyproject.toml packaging/requirements/runtime.txt packaging/requirements/dev.txt
        packaging/debian-packages.txt packaging/setup.sh)
stamp=.venv/.set-up
wanted="$(pwd) $(cat "${inputs[@]}" | cksum)"
if [ -x .venv/bin/market-monitor ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# ------------------------------------------------------------------------------------------------ Debian's packages

as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi

may_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

# Install Debian packages, each given as its names in newer|older releases; or say what to type and fail.
install() {
    if ! may_install; then
        # All that may ever be missing, so that it is typed once.
        # shellcheck disable=SC2046  one word a package
        fail "Something is missing on this machine. Type this, then try again:
    sudo apt-get update && sudo apt-get install --no-install-recommends" $(known python3-venv $(qt_packages))
    fi
    "${as_root[@]}" apt-get update -qq
    local names
    names=$(known "$@")
    say "Installing Debian's packages:" $names
    # shellcheck disable=SC2086  one word a package
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends $names >/dev/null
}

qt_packages() {
    grep -v '^#' packaging/debian-packages.txt
}

# The first of each one's names that this release of Debian knows.
known() {
    local names name
    for names in "$@"; do
        for name in ${names//|/ }; do
            if apt-cache show "$name" >/dev/null 2>&1; then break; fi
        done
        printf '%s ' "$name"
    done
}

# What the dynamic linker does not find for Qt's platforms and for its browser.
missing_libraries() {
    local qt
    qt=$(echo .venv/lib/python3*/site-packages/PySide6/Qt)
    find "$qt/plugins/platforms" "$qt/plugins/xcbglintegrations" "$qt/libexec" -type f -print0 |
        xargs -0 ldd "$qt"/lib/libQt6WebEngine{Core,Widgets}.so.6 2>/dev/null | awk '/not found/ {print $1}' |
        grep -v '^libQt6' | sort -u || true
}

ready_qt() {
    [ "$(uname)" = Linux ] || return 0
    local missing
    missing=$(missing_libraries)
    if [ -n "$missing" ] || [ ! -d /usr/share/fonts ]; then
        command -v apt-get >/dev/null || fail "Qt needs these libraries, which this system does not have:" $missing
        # shellcheck disable=SC2046  one word a package
        install $(qt_packages)
    fi
}

# ------------------------------------------------------------------------------------------------ Python and its packages

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    fail "Python 3.11 or later is needed; this machine's python3 is $(python3 --version 2>&1 || echo missing)."
}

ready_python() {
    local python
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install python3-venv
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        say "Making a virtual environment in .venv"
        rm -rf .venv
        "$python" -m venv .venv
    fi
    say "Fetching the program's packages (about 300 MB the first time)"
    pip_install --require-hashes --only-binary :all: -r packaging/requirements/runtime.txt
    say "Fetching what tests and checks need"
    pip_install --require-hashes --only-binary :all: -r packaging/requirements/dev.txt
    say "Installing the program itself"
    pip_install --no-deps --no-build-isolation --editable .
}

pip_install() {
    .venv/bin/python -m pip install -qq --no-input --progress-bar off --disable-pip-version-check "$@"
}

rm -f "$stamp"
ready_python
ready_qt
printf '%s\n' "$wanted" >"$stamp"
say "Ready."

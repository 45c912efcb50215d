#!/usr/bin/env bash
# Opens the program on the sandbox's market; where there is no display it shows itself around offscreen.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(uname)" = Darwin ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec .venv/bin/market-monitor gui --sandbox
fi
exec .venv/bin/market-monitor gui --sandbox --tour build/tour

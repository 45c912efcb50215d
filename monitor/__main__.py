"""The entry point: ``python -m monitor`` and ``market-monitor``."""

import sys


def main() -> int:
    """Run the command line and give its exit code."""
    from monitor.apps.cli import run  # only now: the version check above all imports belongs to the command line

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

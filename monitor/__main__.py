"""The entry point: ``python -m monitor`` and ``market-monitor``."""

import sys


def main() -> int:
    """Run the command line and give its exit code."""
    try:
        from monitor.apps.cli import run  # in here, so that Ctrl+C while it is loaded ends quietly too

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""What may be typed: the commands and options of the command line, each checked and turned into its value.

Nothing heavy is imported here before it is needed, so that ``--help`` answers at once.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.errors import BadData

if TYPE_CHECKING:
    from monitor.market.bar import Interval

#: The end of a range without an end: later than any row.
NO_END = 2**62
_LONGEST_KEY = 40
_HOURS = ("always", "extended", "regular")
_WHAT = ("quotes", "trades", "bars", "book", "options", "audit")
_ZONES = ("new-york", "utc", "local")
_DECIMALS = ("point", "comma")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command and its options; ``gui`` when no command is named.

    Raises SystemExit: 2 after saying what is wrong, 0 after printing the help or the version.
    """
    typed = list(arguments)
    if not typed or (typed[0].startswith("-") and typed[0] not in {"-h", "--help", "--version"}):
        typed.insert(0, "gui")
    parser = _parser()
    options = parser.parse_args(typed)
    if options.command == "export":
        _check_export(parser, options)
    if options.command == "collect" and not (options.symbols or options.subscribe):
        parser.error("the following arguments are required: --symbols (or --subscribe)")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="market-monitor",
        description="Watch the market on your own machine, and keep what you saw.",
        epilog="Without a command the window opens: gui. “market-monitor COMMAND --help” tells a command's options.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"market-monitor {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_gui(commands.add_parser("gui", help="open the window", allow_abbrev=False))
    _add_sandbox(commands.add_parser("sandbox", help="run a Schwab look-alike on this machine", allow_abbrev=False))
    _add_collect(commands.add_parser("collect", help="record without a screen", allow_abbrev=False))
    _add_export(commands.add_parser("export", help="write recorded rows to a file", allow_abbrev=False))
    _add_import(commands.add_parser("import", help="take bars from a CSV file", allow_abbrev=False))
    _add_doctor(commands.add_parser("doctor", help="check the machine, settings, database", allow_abbrev=False))
    return parser


def _check_export(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    chosen, options.interval = options.interval, options.interval or _interval("1m")
    if options.recipe:
        if options.what:
            parser.error("a recipe says what is exported: leave it out, or --recipe")
        return
    if not options.what or options.out is None:
        parser.error("the following arguments are required: " + ("--out" if options.what else "what is exported"))
    if options.start_ms >= options.end_ms:
        parser.error("the range is empty: --from must be earlier than --to")
    if not options.symbols and options.what != "audit":
        parser.error("the following arguments are required: --symbols")
    if options.symbols and options.what == "audit":
        parser.error("the audit has no symbols: leave --symbols out")
    if chosen is not None and options.what != "bars":
        parser.error("--interval is for bars")
    if options.venues and options.what != "book":
        parser.error("--venues is for books")
    if options.hours != "always" and not (options.what == "bars" and options.interval.intraday):
        parser.error("--hours is for bars within the day")


def _add_gui(gui: argparse.ArgumentParser) -> None:
    gui.add_argument("--sandbox", action="store_true", help="start a sandbox and watch its market")
    gui.add_argument("--replay", type=_file, metavar="FILE", help="let the sandbox play captured frames")
    _add_data_dir(gui)
    gui.add_argument("--screenshot", type=Path, metavar="PNG", help="save a picture of the window before it closes")
    gui.add_argument("--quit-after", type=_seconds, metavar="SECONDS", help="close by itself")
    gui.add_argument("--tour", type=Path, metavar="DIR", help="show yourself around, leaving pictures and a CSV in DIR")
    gui.add_argument("--offscreen", action="store_true", help="draw without a display")


def _add_sandbox(sandbox: argparse.ArgumentParser) -> None:
    sandbox.add_argument("--port", type=_port, default=0, metavar="N", help="0 picks a free one (the default)")
    sandbox.add_argument("--replay", type=_file, metavar="FILE", help="play captured frames, not the simulated market")
    sandbox.add_argument("--speed", type=_speed, default=1.0, metavar="X", help="of the replay; 0: as fast as read")
    sandbox.add_argument("--seed", type=int, default=7, metavar="N", help="of the simulated market")
    sandbox.add_argument("--faults", type=_file, metavar="FILE", help="what goes wrong, and when (JSON)")
    sandbox.add_argument("--pace", type=_pace, default=1.0, metavar="X", help="how fast the simulated market runs")
    sandbox.add_argument("--begin", dest="begin_ms", type=_start, metavar="T", help="when it begins, instead of now")
    sandbox.add_argument("--rate", type=_speed, default=0.0, metavar="N", help="quotes a second on top, for load tests")
    sandbox.add_argument("--truth", type=Path, metavar="FILE", help="write down every data frame that was sent")
    sandbox.add_argument(
        "--callback", dest="callbacks", action="append", default=[], metavar="URL", help="register this one too"
    )
    sandbox.add_argument("--real-hours", action="store_true", help="close the market when the real one is closed")
    sandbox.add_argument("--until-stdin-closes", action="store_true", help=argparse.SUPPRESS)


def _add_collect(collect: argparse.ArgumentParser) -> None:
    collect.add_argument("--symbols", type=_symbols, default=(), metavar="A,B", help="record quotes and bars of these")
    collect.add_argument("--books", type=_symbols, default=(), metavar="A", help="record the books of these too")
    collect.add_argument(
        "--subscribe",
        type=_subscription,
        action="extend",
        default=[],
        metavar="SERVICE=KEY,KEY",
        help="record what a service of the streamer sends of these, such as SCREENER_EQUITY=NASDAQ_VOLUME_30",
    )
    collect.add_argument("--sandbox-url", default="", metavar="URL", help="a sandbox's base_url, instead of Schwab")
    collect.add_argument(
        "--hours", choices=_HOURS, default="always", help="when to stream; outside of them the collector waits"
    )
    collect.add_argument(
        "--record-raw", type=Path, metavar="FILE", help="write every frame as it came too, to replay in the sandbox"
    )
    collect.add_argument("--for", dest="seconds", type=_seconds, metavar="SECONDS", help="stop by itself")
    collect.add_argument("--take-over", action="store_true", help="ask the program that holds the data folder to end")
    collect.add_argument(
        "--stand-by", action="store_true", help="wait while another program holds the data folder, then record (on)"
    )
    _add_data_dir(collect)


def _add_export(export: argparse.ArgumentParser) -> None:
    export.add_argument("what", choices=_WHAT, nargs="?")
    export.add_argument("--recipe", default="", metavar="NAME", help="make an export that the window keeps by name")
    export.add_argument("--symbols", type=_symbols, default=(), metavar="A,B", help="of everything but the audit")
    export.add_argument(
        "--interval",
        type=_interval,
        help="of bars: 1m (the default), 5m, 10m, 15m, 30m, 1h, 4h, D, W, M or any number of minutes or hours",
    )
    for option, name, missing, help_text in (
        ("--from", "start_ms", 0, "first day or moment; New York time unless it has an offset"),
        ("--to", "end_ms", NO_END, "last day, or the moment before which rows must lie"),
    ):
        kind = _start if name == "start_ms" else _end
        export.add_argument(option, dest=name, type=kind, default=missing, metavar="T", help=help_text)
    export.add_argument("--out", type=_table, metavar="FILE", help="ends in .csv or .parquet")
    export.add_argument("--venues", action="store_true", help="a row for each venue of a book's levels")
    export.add_argument("--hours", choices=_HOURS, default="always", help="in which bars within the day begin")
    export.add_argument("--zone", choices=_ZONES, default="new-york", help="in which times are written, with offset")
    export.add_argument("--decimal", choices=_DECIMALS, default="point", help="comma: columns are parted by semicolons")
    export.add_argument(
        "--no-sidecar", dest="sidecar", action="store_false", help="write no FILE.json that tells what is in the file"
    )
    _add_data_dir(export)


def _add_import(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=_file, metavar="FILE", help="a CSV with a first line that names its columns")
    command.add_argument("--symbol", type=_symbol, default="", metavar="S", help="whose bars they are")
    command.add_argument("--interval", type=_interval, metavar="1m", help="1m or D; found from the file without it")
    command.add_argument("--zone", choices=_ZONES, default="new-york", help="of times that have no offset")
    command.add_argument("--replace", action="store_true", help="bars that Schwab sent give way to those of the file")
    command.add_argument("--preview", action="store_true", help="tell what is in the file, and store nothing")
    _add_data_dir(command)


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    _add_data_dir(doctor)


def _add_data_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data-dir", type=Path, metavar="DIR", help="where database, log and settings are")


def _symbols(text: str) -> tuple[str, ...]:
    from monitor.market.instrument import parse_symbols

    try:
        symbols = tuple(parse_symbols(text))
    except BadData as error:
        raise argparse.ArgumentTypeError(error.sentence) from None
    if not symbols:
        raise argparse.ArgumentTypeError("name at least one symbol")
    return symbols


def _symbol(text: str) -> str:
    from monitor.market.instrument import parse_symbol

    try:
        return parse_symbol(text) if text else ""  # argparse reads what is taken without the option in the same way
    except BadData as error:
        raise argparse.ArgumentTypeError(error.sentence) from None


def _subscription(text: str) -> list[tuple[str, str]]:
    """Pairs of a service and a key; what the keys of a service are, it knows itself."""
    from monitor.schwab.services import ACTIVITY, SERVICES

    name, equals, typed = text.partition("=")
    service = name.strip().upper()
    if service not in SERVICES:
        raise argparse.ArgumentTypeError(f"“{service[:40]}” is not a service; there are {', '.join(SERVICES)}")
    keys = [key.strip() if service == ACTIVITY else key.strip().upper() for key in typed.split(",") if key.strip()]
    if not (equals and keys):
        raise argparse.ArgumentTypeError(f"name at least one key: {service}=KEY")
    if wrong := [key for key in keys if not (key.isascii() and key.isprintable() and len(key) <= _LONGEST_KEY)]:
        raise argparse.ArgumentTypeError(f"“{wrong[0][:_LONGEST_KEY]}” cannot be a key")
    return [(service, key) for key in dict.fromkeys(keys)]


def _interval(text: str) -> "Interval":
    from monitor.market.bar import Interval

    try:
        return Interval.parse(text)
    except BadData as error:
        raise argparse.ArgumentTypeError(error.sentence) from None


def _start(text: str) -> int:
    return _moment(text, days_after=0)


def _end(text: str) -> int:
    return _moment(text, days_after=1)


def _moment(text: str, days_after: int) -> int:
    """Milliseconds UTC of an ISO date or date-time; a plain date means the midnight ``days_after`` it."""
    from datetime import date, datetime, time, timedelta

    from monitor.market.calendar import NEW_YORK, at_new_york, to_ms

    try:
        return at_new_york(date.fromisoformat(text) + timedelta(days=days_after), time(0))
    except (ValueError, OverflowError):
        pass  # not a plain date
    try:
        moment = datetime.fromisoformat(text)
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=NEW_YORK))
    except (ValueError, OverflowError):
        example = "2026-11-20 or 2026-11-20T09:30"
        raise argparse.ArgumentTypeError(f"“{text}” is not a date or time; write it as {example}") from None


def _table(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in {".csv", ".parquet"}:
        raise argparse.ArgumentTypeError("the file's name must end in .csv or .parquet")
    return path


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    seconds = _number(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError("seconds are a number above 0")
    return seconds


def _speed(text: str) -> float:
    speed = _number(text)
    if not 0 <= speed < math.inf:
        raise argparse.ArgumentTypeError("a speed is 0 or a number above it")
    return speed


def _pace(text: str) -> float:
    pace = _number(text)
    if not 0 < pace < math.inf:
        raise argparse.ArgumentTypeError("a pace is a number above 0")
    return pace


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan

"""What the sandbox logs of an error: its kind and where it arose, never its words, which may quote a request.

aiohttp quotes the first line or the header that it could not read, and with them codes, tokens and the app's secret.
"""

import logging
from traceback import format_tb

#: aiohttp's server logs here instead of to its own logger.
SERVER = logging.getLogger(f"{__name__}.server")


def kind_and_place(error: BaseException) -> str:
    """The name of the error, and the lines of code it came through."""
    return "".join([type(error).__name__, "\n", *format_tb(error.__traceback__)]).rstrip()


def _without_words(record: logging.LogRecord) -> bool:
    if record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args = "%s: %s", (record.getMessage(), kind_and_place(record.exc_info[1]))
        record.exc_info = record.exc_text = None
    return True


SERVER.addFilter(_without_words)

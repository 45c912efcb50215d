"""What the streamer's services are called on the screen."""

_NAMES = {
    "LEVELONE_EQUITIES": "Quotes: stocks",
    "LEVELONE_OPTIONS": "Quotes: options",
    "LEVELONE_FUTURES": "Quotes: futures",
    "LEVELONE_FUTURES_OPTIONS": "Quotes: futures options",
    "LEVELONE_FOREX": "Quotes: currencies",
    "NYSE_BOOK": "Book: NYSE",
    "NASDAQ_BOOK": "Book: Nasdaq",
    "OPTIONS_BOOK": "Book: options",
    "CHART_EQUITY": "Minute bars: stocks",
    "CHART_FUTURES": "Minute bars: futures",
    "SCREENER_EQUITY": "Screener: stocks",
    "SCREENER_OPTION": "Screener: options",
    "ACCT_ACTIVITY": "Account activity",
    "NEWS_HEADLINE": "News headlines",
}


def name_of(service: str) -> str:
    """Words for a service; the streamer's own name where there are none."""
    return _NAMES.get(service, service)

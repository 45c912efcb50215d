"""Market data on request from Schwab's REST services, in our own types: a module for each service.

Each has a function that reads an answer, and a class that asks and implements the port.
"""

from monitor.schwab.rest.chains import SchwabChains
from monitor.schwab.rest.client import market_client
from monitor.schwab.rest.hours import SchwabHours
from monitor.schwab.rest.instruments import SchwabInstruments
from monitor.schwab.rest.movers import SchwabMovers
from monitor.schwab.rest.price_history import SchwabHistory
from monitor.schwab.rest.quotes import SchwabQuotes

__all__ = ["SchwabMarketData", "market_client"]


class SchwabMarketData(SchwabHistory, SchwabQuotes, SchwabInstruments, SchwabHours, SchwabMovers, SchwabChains):
    """Everything over one client: implements every port of data on request."""

"""The watchlist: named lists of symbols with their newest quotes."""

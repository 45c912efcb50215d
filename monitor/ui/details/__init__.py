"""Details: what is known of the linked symbol beside its chart: ranges, fundamentals, terms of a contract."""

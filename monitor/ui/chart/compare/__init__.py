"""Other symbols on a chart: their lines in percent beside its bars, and the dialog that chooses them."""

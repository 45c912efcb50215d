"""The storage sheet: what each table takes in each tier, how long it is kept, and moving what is old."""

"""What can people, or the date, do? Asked from the outside, on a real database with real packs."""

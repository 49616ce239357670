"""The demo city: alive on every day of the year, and living on."""

"""What the regulations say: pure values and functions, no clock, no files, no database."""

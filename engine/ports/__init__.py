"""What the core asks of the outside: protocols and the plain data they exchange."""

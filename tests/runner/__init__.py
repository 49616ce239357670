"""Does what runs without a visitor keep its promises? Against real databases, servers and killed processes."""

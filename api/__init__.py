"""How do people and machines come in? Pages, JSON routes and the command line."""

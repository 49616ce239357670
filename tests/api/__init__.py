"""Do the ways in keep their promises? Pages by an HTTP client, the command line by its output."""

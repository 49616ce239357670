"""What each word of the command line does; one module a word, imported only when it is said."""

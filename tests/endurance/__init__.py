"""Does it stay fast, small and quiet? The bench itself, a year of a thousand branches, a day in which nothing is due."""

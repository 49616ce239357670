"""What runs without a visitor: clocks, mail, the file archive, promised jobs, and the tick that finds what is due."""

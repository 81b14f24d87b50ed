"""Expected failures of commands, each with its exit status and reported in one line."""

"""The data set and the command of the demo: a handful of people, and one company."""

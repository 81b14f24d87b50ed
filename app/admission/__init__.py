"""What is worked on when there is more than the process can do: the rest is refused at once."""

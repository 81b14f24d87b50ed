"""Search: the words of messages, how they are looked for, and what is shown of where they stand."""

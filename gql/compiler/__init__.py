"""From an operation to code that writes its answer: no input, no output, and no circle."""

"""What we add to the model: time, processor time and memory of replies."""

"""What operations may ask for, and what they cost, known before they run."""

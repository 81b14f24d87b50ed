"""The root fields."""

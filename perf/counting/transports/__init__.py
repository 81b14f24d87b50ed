"""Finds statements that documents run only when they are requested in another way than by POST."""

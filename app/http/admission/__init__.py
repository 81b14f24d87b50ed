"""Admission control: while requests wait too long to be started, new ones are refused at once."""

"""Load shedding: while requests wait too long, new ones are refused at once."""

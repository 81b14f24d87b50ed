"""All SQL of the product: one statement a function, rows out, no business words."""

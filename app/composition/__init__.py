"""The parts that `app.wiring` puts together, each opened and closed in one function."""

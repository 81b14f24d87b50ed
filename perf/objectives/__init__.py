"""Service level objectives: alert rules, OpenSLO and a dashboard, generated from one table."""

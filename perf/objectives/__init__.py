"""Objectives as files: alert rules, OpenSLO and a dashboard out of one table."""

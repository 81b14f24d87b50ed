"""Structured logs: one line an event on standard error, JSON in production."""

from app.logs.configuration import configure_logs, flush_requests, log_request

__all__ = ["configure_logs", "flush_requests", "log_request"]

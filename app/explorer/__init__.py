"""The GraphQL explorer: a page at /graphql for browsers, made of static files of our own."""

from app.explorer.callers import Callers, callers_route
from app.explorer.page import STATIC_ROUTE, Page

__all__ = ["STATIC_ROUTE", "Callers", "Page", "callers_route"]

"""Pages for browsers, made of static files of our own: an explorer at /graphql, a chat at /chat."""

from app.explorer.callers import Callers, callers_route
from app.explorer.page import CHAT_ROUTE, STATIC_ROUTE, Page

__all__ = ["CHAT_ROUTE", "STATIC_ROUTE", "Callers", "Page", "callers_route"]

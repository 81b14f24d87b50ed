"""A person's conversations as a self-contained HTML page without scripts."""

from collections.abc import AsyncIterator
from html import escape

from db.row import Row

_BEGINNING = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Your conversations</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 3rem 0 1rem; border-top: 1px solid #ccc; padding-top: 1rem }
article { margin: 1rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
.user { background: #eef3fb; border-radius: .5rem; padding: .5rem 1rem }
small { display: block; color: #555 }
</style>
</head>
<body>
<h1>Your conversations</h1>
"""
_OTHER_VERSION = b"<h3>Another version</h3>\n"
"""Above messages that begin anew further up: an edited message, or another reply."""
_END = b"</body>\n</html>\n"
_SPEAKERS = {"user": "You", "assistant": "Reply"}


async def conversations_page(rows: AsyncIterator[Row]) -> AsyncIterator[bytes]:
    """The page in chunks; `rows` are messages joined with their conversations, in order."""
    yield _BEGINNING
    conversation: int | None = None
    branch: int | None = None
    async for row in rows:
        if row["id"] != conversation:
            conversation, branch = row["id"], row["branch"]
            yield _heading(row)
        if row["branch"] != branch:
            branch = row["branch"]
            yield _OTHER_VERSION
        if row["role"] is not None:
            yield _message(row)
    yield _END


def _heading(row: Row) -> bytes:
    started = f"{row['created_at']:%Y-%m-%d %H:%M} UTC"
    return f'<h2 dir="auto">{escape(row["title"])}</h2>\n<small>{started}</small>\n'.encode()


def _message(row: Row) -> bytes:
    role = row["role"]
    caption = f"{_SPEAKERS[role]}, {row['written_at']:%Y-%m-%d %H:%M} UTC"
    return (
        f'<article class="{role}" dir="auto"><small>{caption}</small>'
        f"{escape(row['content'])}</article>\n"
    ).encode()

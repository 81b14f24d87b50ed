"""`guidance bench compression`: how small answers become by each coding and level, and its cost.

It needs no database: answers are pages of conversations with messages, of texts of two kinds. What
they say decides how small they can become, whatever coding is tried.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pydoc_data.topics import topics
from random import Random
from time import process_time_ns

import brotli
import click
import orjson
import zstandard

from app.http.content_coding import accepted_codings
from gql.values.ids import global_id
from perf.cli import options
from perf.dataset.bench.chat import messages

_CONVERSATIONS, _MESSAGES, _PAGES, _PAGE_BYTES = 20, 10, 3, 142_000
_DICTIONARY_LEVEL = 3
_GZIP_WINDOW_BITS, _SHORTEST_PARAGRAPH = 31, 60
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_EXCHANGES = _MESSAGES // 2
Compress = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Body:
    """A body to be compressed, with what its receiver may have already.

    `before` is the same page before its newest conversation; `others` are pages of other texts.
    """

    name: str
    body: bytes
    before: bytes
    others: Sequence[bytes]


@click.command("compression")
@options.number("--rounds", 15, "How often each body is compressed; the least time counts.")
def bench_compression(rounds: int) -> None:
    """How small answers become by each coding, and its cost.

    Pages of 142 kB: with the texts of the data set, which repeat themselves, and with prose that
    does not. `*` is what the server sends. With a dictionary (RFC 9842) it is what could be
    reached where a client keeps one: made of other pages, or the answer that it was given before.
    """
    pages = bodies()
    click.echo(f"{'':<24}" + "".join(f"{one.name:>12}{'ms':>8}" for one in pages))
    click.echo(f"{'as it is':<24}" + "".join(f"{len(one.body):>12,}{'':>8}" for one in pages))
    tried = [codings(one) for one in pages]
    for name in tried[0]:
        cells = [
            f"{len(by_name[name](one.body)):>12,}{_milliseconds(by_name[name], one, rounds):>8.2f}"
            for one, by_name in zip(pages, tried, strict=True)
        ]
        click.echo(f"{name:<24}" + "".join(cells))


def bodies() -> Sequence[Body]:
    """The pages that are compressed."""
    return _page("data set", _generated_texts()), _page("prose", _prose())


def codings(one: Body) -> Mapping[str, Compress]:
    """Everything that is tried, by its name in the table."""
    served = {
        f"* {name}": coding.compress
        for name in ("zstd", "br", "gzip")
        if (coding := accepted_codings(name).best) is not None
    }
    return served | {
        **{f"zstd {level}": _zstd(level) for level in (1, 3, 6, 9, 12, 19)},
        **{f"br {quality}": _brotli(quality) for quality in (1, 4, 5, 6, 9, 11)},
        **{f"gzip {level}": _gzip(level) for level in (1, 4, 6, 9)},
        f"zstd {_DICTIONARY_LEVEL}, of others": _with_dictionary(b"".join(one.others)),
        f"zstd {_DICTIONARY_LEVEL}, of before": _with_dictionary(one.before),
    }


def _zstd(level: int) -> Compress:
    return zstandard.ZstdCompressor(level=level).compress


def _brotli(quality: int) -> Compress:
    def compress(body: bytes) -> bytes:
        compressed: bytes = brotli.compress(body, quality=quality)
        return compressed

    return compress


def _gzip(level: int) -> Compress:
    return lambda body: zlib.compress(body, level, _GZIP_WINDOW_BITS)


def _with_dictionary(content: bytes) -> Compress:
    dictionary = zstandard.ZstdCompressionDict(content)
    return zstandard.ZstdCompressor(level=_DICTIONARY_LEVEL, dict_data=dictionary).compress


def _milliseconds(compress: Compress, one: Body, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = process_time_ns()
        compress(one.body)
        taken.append(process_time_ns() - began)
    return min(taken) / 1e6


def _page(name: str, texts: Iterator[str]) -> Body:
    """A page of this kind of texts; those of other pages are others."""
    random = Random(1)
    edges, *others = [_edges(texts, random) for _ in range(_PAGES)]
    newest, *rest = edges
    return Body(name, _answer([newest, *rest]), _answer(rest), [_answer(one) for one in others])


def _answer(edges: Sequence[Mapping[str, object]]) -> bytes:
    return orjson.dumps({"data": {"viewer": {"conversations": {"edges": edges}}}})


def _edges(texts: Iterator[str], random: Random) -> Sequence[Mapping[str, object]]:
    """Conversations of `_PAGE_BYTES` or little more."""
    edges, size = list[Mapping[str, object]](), 0
    while size < _PAGE_BYTES:
        said = [
            {
                "node": {
                    "id": global_id("Message", random.randrange(10**9)),
                    "role": ("USER", "ASSISTANT")[place % 2],
                    "status": "COMPLETED",
                    "content": next(texts),
                    "createdAt": _moment(random),
                }
            }
            for place in range(_MESSAGES)
        ]
        node = {
            "id": global_id("Conversation", random.randrange(10**9)),
            "title": said[0]["node"]["content"][:40],
            "status": "ACTIVE",
            "updatedAt": _moment(random),
            "messages": {"edges": said},
        }
        edges.append({"node": node})
        size += len(orjson.dumps(node))
    return edges


def _moment(random: Random) -> str:
    return datetime.fromtimestamp(random.randrange(1_700_000_000, 1_800_000_000), UTC).isoformat()


def _generated_texts() -> Iterator[str]:
    people = range(1, 200)
    return (
        row.content for row in messages(people, _NOW, each=_CONVERSATIONS, exchanges=_EXCHANGES)
    )


def _prose() -> Iterator[str]:
    """Paragraphs of the manual of Python, which every Python has: prose of many subjects."""
    paragraphs = [
        plain
        for _, text in sorted(topics.items())
        for paragraph in text.split("\n\n")
        if len(plain := re.sub(r"\s+", " ", paragraph).strip()) > _SHORTEST_PARAGRAPH
    ]
    Random(1).shuffle(paragraphs)
    return iter(paragraphs)

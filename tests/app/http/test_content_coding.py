"""What a client's Accept-Encoding means, and that what is compressed can be read again."""

import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from app.http.content_coding import GzipStream, accepted_codings

DECODE: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": lambda data: zlib.decompressobj(31).decompress(data),
    b"br": brotli.decompress,
    b"zstd": lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(),
}
BROWSERS = "gzip, deflate, br, zstd"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("deflate", None),
        (BROWSERS, b"zstd"),
        ("gzip, deflate, br", b"br"),
        ("gzip, deflate", b"gzip"),
        ("x-gzip", b"gzip"),
        ("GZIP", b"gzip"),
        ("gzip;q=1.0, br;q=0.5, zstd;q=0.1", b"gzip"),
        ("gzip;q=0.5, br;q=0.5", b"br"),
        ("zstd;q=0, br;q=0.001", b"br"),
        ("gzip;q=0, br;q=0, zstd;q=0", None),
        ("*", b"zstd"),
        ("*;q=0", None),
        ("gzip;q=0, *;q=0.3", b"zstd"),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=1", b"gzip"),
        ("identity, gzip", b"gzip"),
        ("identity;q=0", None),
        ("identity;q=0, br", b"br"),
        ("*;q=0, identity;q=0.1", None),
        ("*;q=0, gzip", b"gzip"),
        ("gzip;q=0.000, *", b"zstd"),
        ("br;q=0.0001", None),
        ("zstd;q=1.000, br;q=0.999", b"zstd"),
        ("gzip;q=2", None),
        ("gzip;q=nonsense, br", b"br"),
        ("gzip ; q=0.8 , br ; q=0.9", b"br"),
        ("gzip" + " " * 2_000, None),
        (";;;,,,=", None),
    ],
)
def test_the_coding_that_the_client_prefers(header: str | None, expected: bytes | None) -> None:
    best = accepted_codings(header).best
    assert (best and best.name) == expected


@given(st.text(max_size=300))
def test_any_header_has_a_meaning(header: str) -> None:
    best = accepted_codings(header).best
    assert best is None or best.name in DECODE


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
@given(pieces=st.lists(st.binary(max_size=500), max_size=8))
def test_what_is_compressed_can_be_read_again(name: str, pieces: list[bytes]) -> None:
    best = accepted_codings(name).best
    assert best is not None
    body = b"".join(pieces)
    assert DECODE[best.name](best.compress(body)) == body
    coder = best.stream()
    sent = b"".join([*map(coder.encode, pieces), coder.end()])
    assert DECODE[best.name](sent) == body


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=100), st.booleans()), max_size=20))
def test_each_piece_can_be_read_at_once_and_one_that_was_not_sent_leaves_no_trace(
    pieces: list[tuple[bytes, bool]],
) -> None:
    coder, reader = GzipStream(has_small_window=True), zlib.decompressobj(31)
    for piece, is_sent in pieces:
        ahead = coder.copy()
        sent = ahead.encode(piece)
        if is_sent:
            coder = ahead
            assert reader.decompress(sent) == piece
    assert reader.decompress(coder.end()) == b""
    assert reader.eof

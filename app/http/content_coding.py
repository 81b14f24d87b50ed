"""Content codings: which one a client accepts, and whole bodies and streams in it.

https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3

Levels are those at which a page of 140 kB takes a millisecond or two.
"""

import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

import brotli
import zstandard

LEAST_BYTES = 1_024
"""A shorter body fits into one packet, so that compressing it saves nobody anything."""
_LONGEST_HEADER = 1_000
_ZSTD_LEVEL, _BROTLI_QUALITY, _GZIP_LEVEL = 3, 4, 4
_GZIP_FORMAT, _WINDOW_BITS = 16, 15
_SMALL_WINDOW_BITS, _SMALL_MEMORY_LEVEL = 11, 2
_QUALITY = re.compile(r"q=(0(\.\d{0,3})?|1(\.0{0,3})?)", re.ASCII)


class StreamCoder(Protocol):
    """Compresses a stream piece by piece; a receiver can decode every piece at once."""

    def encode(self, piece: bytes) -> bytes:
        """The bytes to be sent for a piece."""

    def end(self) -> bytes:
        """The bytes that end the stream."""


class ContentCoding(NamedTuple):
    """A coding by its name in header fields; `stream` is for few large pieces."""

    name: bytes
    compress: Callable[[bytes], bytes]
    stream: Callable[[], StreamCoder]


class GzipStream:
    """gzip; with a small window it takes 16 kB."""

    def __init__(self, *, has_small_window: bool = False) -> None:
        self._compressor = (
            zlib.compressobj(
                _GZIP_LEVEL, zlib.DEFLATED, _GZIP_FORMAT + _SMALL_WINDOW_BITS, _SMALL_MEMORY_LEVEL
            )
            if has_small_window
            else zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_FORMAT + _WINDOW_BITS)
        )

    def encode(self, piece: bytes) -> bytes:
        """The bytes to be sent for a piece."""
        return self._compressor.compress(piece) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """The bytes that end the stream."""
        return self._compressor.flush()

    def copy(self) -> "GzipStream":
        """The stream as it is now, which the original's next pieces do not change."""
        copied = GzipStream.__new__(GzipStream)
        copied._compressor = self._compressor.copy()  # noqa: SLF001 - of its own class
        return copied


class _BrotliStream:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=_BROTLI_QUALITY)

    def encode(self, piece: bytes) -> bytes:
        begun: bytes = self._compressor.process(piece)
        rest: bytes = self._compressor.flush()
        return begun + rest

    def end(self) -> bytes:
        last: bytes = self._compressor.finish()
        return last


class _ZstdStream:
    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()

    def encode(self, piece: bytes) -> bytes:
        begun = self._compressor.compress(piece)
        return begun + self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, _GZIP_LEVEL, _GZIP_FORMAT + _WINDOW_BITS)


def _brotli(body: bytes) -> bytes:
    compressed: bytes = brotli.compress(body, quality=_BROTLI_QUALITY)
    return compressed


# One for the process: bodies are compressed on the event loop, so that no two use it at once.
_zstd = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress
GZIP = ContentCoding(b"gzip", _gzip, GzipStream)
_BY_PREFERENCE = {
    "zstd": ContentCoding(b"zstd", _zstd, _ZstdStream),
    "br": ContentCoding(b"br", _brotli, _BrotliStream),
    "gzip": GZIP,
}
"""The cheapest first: the order among those that a client accepts equally."""
_ALIASES = {"x-gzip": "gzip"}


class AcceptedCodings(NamedTuple):
    """The coding for whole answers, if any, and whether streams may be gzip."""

    best: ContentCoding | None
    has_gzip: bool


NO_CODING = AcceptedCodings(None, False)


def accepted_codings(header: str | None) -> AcceptedCodings:
    """What a client accepts: of our codings the one that it prefers, unless it prefers none.

    Whoever does not say accepts none here: programs that do not decode are common.
    """
    if not header or len(header) > _LONGEST_HEADER:
        return NO_CODING
    return _accepted(header)


@lru_cache(maxsize=256)
def _accepted(header: str) -> AcceptedCodings:
    qualities: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, parameter = (piece.strip() for piece in part.partition(";"))
        qualities[_ALIASES.get(name, name)] = _quality(parameter)
    others = qualities.get("*", 0.0)
    # Nobody asks for what needs no decoding, unless it is named.
    least = qualities.get("identity", 0.0)
    ranked = {name: qualities.get(name, others) for name in _BY_PREFERENCE}
    best = max(ranked, key=lambda name: ranked[name])
    is_wanted = ranked[best] > 0 and ranked[best] >= least
    return AcceptedCodings(_BY_PREFERENCE[best] if is_wanted else None, ranked["gzip"] > 0)


def _quality(parameter: str) -> float:
    """The quality that a coding's parameter gives it; 0 for one that is not valid."""
    if not parameter:
        return 1.0
    found = _QUALITY.fullmatch(parameter.replace(" ", ""))
    return float(found[1]) if found else 0.0

"""The benchmark of compression tries what the server sends, on pages that can be read again."""

from app.http.content_coding import accepted_codings
from perf.benchmarks.suites.compression import bodies, codings
from tests.app.http.test_content_coding import DECODE

MOST_BYTES = 20_000
"""What a page of 142 kB may take on its way, of texts like those of the data set."""


def test_what_is_sent_is_small_and_can_be_read() -> None:
    for one in bodies():
        assert 142_000 < len(one.body) < 150_000
        tried = codings(one)
        for name, decode in DECODE.items():
            sent = tried[f"* {name.decode()}"](one.body)
            best = accepted_codings(name.decode()).best
            assert best is not None
            assert sent == best.compress(one.body)
            assert decode(sent) == one.body
            assert one.name != "data set" or len(sent) < MOST_BYTES
        assert len(tried["zstd 3, of before"](one.body)) < len(one.body) / 50

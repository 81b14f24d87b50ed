"""Points 1.5 and 8: floods of other endpoints, and unusual or malformed HTTP."""

from collections.abc import Iterator

from perf.chaos.hostile.attack import Attack
from perf.chaos.hostile.http import PLACEHOLDER, Template, from_connections, send_pipelined
from perf.servers.connection import encode_post

_HOST = b"Host: 127.0.0.1\r\n"


def _got(path: str, method: str = "GET") -> Template:
    return Template(f"{method} {path} HTTP/1.1\r\n".encode() + _HOST + b"\r\n")


def _requests() -> Iterator[tuple[str, str, str, Template]]:
    yield "metrics", "1.5", "/metrics over 4 connections without waiting", _got("/metrics")
    yield "readyz", "1.5", "/readyz over 4 connections without waiting", _got("/readyz")
    yield "healthz", "1.5", "/healthz over 4 connections without waiting", _got("/healthz")
    yield (
        "page",
        "1.5",
        "the page for people, without waiting",
        Template(b"GET /graphql HTTP/1.1\r\nAccept: text/html\r\n" + _HOST + b"\r\n"),
    )
    yield "nothing-there", "1.5", "paths that are not there", _got(f"/{PLACEHOLDER}")
    yield (
        "exports",
        "1.5",
        "links to exports that are none",
        _got(f"/exports/{PLACEHOLDER}" + "x" * 30),
    )
    yield "receipts", "6", "links to receipts of 5,000 digits", _got(f"/receipts/{'9' * 5_000}")
    yield (
        "webhooks",
        "1.5",
        "events of 200 kB that nobody signed",
        Template(
            encode_post("/webhooks/payments", b"x" * 200_000, **{"stripe-signature": "t=1,v1=00"})
        ),
    )
    yield (
        "preflights",
        "8",
        "preflights of another site",
        Template(
            b"OPTIONS /graphql HTTP/1.1\r\nOrigin: https://other.example\r\n"
            b"Access-Control-Request-Method: POST\r\n"
            b"Access-Control-Request-Headers: traceparent\r\n" + _HOST + b"\r\n"
        ),
    )
    yield (
        "many-fields",
        "8",
        "7,000 header fields",
        Template(
            b"GET /graphql HTTP/1.1\r\n"
            + _HOST
            + b"".join(b"a%d:\r\n" % n for n in range(7_000))
            + b"\r\n"
        ),
    )
    yield (
        "long-accept",
        "8",
        "an Accept header of 60,000 letters",
        Template(
            b"GET /graphql HTTP/1.1\r\nAccept: "
            + b"a/b;q=0.1," * 6_000
            + b"a/b\r\n"
            + _HOST
            + b"\r\n"
        ),
    )
    yield (
        "many-parameters",
        "8",
        "10,000 parameters in the address",
        _got(f"/graphql?{'a=1&' * 15_000}query={PLACEHOLDER}"),
    )
    yield (
        "small-chunks",
        "8",
        "a body of 30,000 chunks of one letter",
        Template(
            b"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n"
            + _HOST
            + b"\r\n"
            + b"1\r\nx\r\n" * 30_000
            + b"0\r\n\r\n"
        ),
    )
    yield (
        "two-hosts",
        "8",
        "two Host fields",
        Template(b"GET /healthz HTTP/1.1\r\n" + _HOST + b"Host: other.example\r\n\r\n"),
    )
    yield (
        "trailers",
        "8",
        "a credential and an address in the trailers",
        Template(
            b"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n" + _HOST + b"\r\n"
            b"17\r\n" + b'{"query":"{__typename}"}'[:23] + b"\r\n1\r\n}\r\n0\r\n"
            b"Authorization: Bearer x\r\nX-Forwarded-For: 127.0.0.2\r\n\r\n"
        ),
    )
    yield (
        "bad-tokens",
        "1.5",
        "tokens that nobody signed, each new",
        Template(
            encode_post(
                "/graphql",
                b'{"query":"{__typename}"}',
                authorization=f"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI1In0.{PLACEHOLDER}"
                + "A" * 35,
            )
        ),
    )
    yield (
        "bad-keys",
        "1.5",
        "API keys that are none, each new",
        Template(
            encode_post(
                "/graphql",
                b'{"query":"{__typename}"}',
                **{"x-api-key": f"gk_{PLACEHOLDER}_{PLACEHOLDER * 4}"},
            )
        ),
    )
    yield (
        "deep-json",
        "8",
        "a body of 200,000 brackets",
        Template(encode_post("/graphql", b'{"variables":' + b"[" * 200_000)),
    )
    yield (
        "not-http",
        "8",
        "what is not HTTP",
        Template(b"\x16\x03\x01" + b"\x00" * 200 + b"\r\n\r\n"),
    )


ATTACKS = tuple(
    Attack(name, point, does, from_connections(request, connections=4, send=send_pipelined))
    for name, point, does, request in _requests()
)

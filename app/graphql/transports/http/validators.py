"""Validators of answers by GET: entity tags, and what caches may do (RFC 9110, 13; RFC 9111).

A tag is made of the answer's bytes before they are compressed. So it is a weak one: whatever coding
the answer is sent in, its meaning is the same.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from orjson import Fragment
from starlette.responses import Response
from starlette.types import ASGIApp

from app.graphql.pipeline.known_answers import ANY_TAG, KnownAnswers, Validation
from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.http_request import GraphQLHttpRequest
from app.graphql.transports.http.json_response import JsonResponse
from app.http.content_coding import ContentCoding
from app.http.json_encoding import encode_json
from gql.documents.caching import CachePolicy

NOT_MODIFIED = 304
_IF_NONE_MATCH = "if-none-match"
_LONGEST, _MOST_TAGS, _DIGEST_BYTES = 8_000, 50, 16
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_VALIDATE = b"private, no-cache"
_OF_CALLER = (b"vary", b"accept, accept-encoding, authorization, origin, x-api-key")


def validation_of(
    request: GraphQLHttpRequest, media_type: str, known: KnownAnswers | None
) -> Validation:
    """The validation of a request by GET or HEAD."""
    parameters = request.scope["query_string"].decode("latin-1")
    offered = offered_tags(request.headers.get(_IF_NONE_MATCH))
    return Validation((parameters, media_type), offered, known)


def offered_tags(header: str | None) -> frozenset[str]:
    """The tags that a client has answers of, without their weakness; at most 50.

    `*` is any: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
    """
    if not header or len(header) > _LONGEST:
        return frozenset()
    if header.strip() == ANY_TAG:
        return frozenset({ANY_TAG})
    return frozenset(_TAG.findall(header)[:_MOST_TAGS])


def entity_tag(body: bytes, media_type: str) -> str:
    """The tag of a body."""
    digest = blake2b(body, digest_size=_DIGEST_BYTES, person=media_type.encode()[-16:])
    return f'"{digest.hexdigest()}"'


def caching_fields(tag: str, policy: CachePolicy) -> list[tuple[bytes, bytes]]:
    """The fields of an answer that may be kept."""
    fields = [(b"etag", b"W/" + tag.encode()), (b"cache-control", _cache_control(policy))]
    return fields if policy.is_public else [*fields, _OF_CALLER]


@lru_cache(maxsize=256)
def _cache_control(policy: CachePolicy) -> bytes:
    if policy.max_age_seconds is None:
        return _VALIDATE
    scope = b"public" if policy.is_public else b"private"
    return b"%b, max-age=%d" % (scope, policy.max_age_seconds)


def validated_response(
    answer: OperationResponse,
    policy: CachePolicy,
    validation: Validation,
    media_type: str,
    fields: Sequence[tuple[bytes, bytes]],
    coding: ContentCoding | None,
) -> ASGIApp:
    """The answer with its validator, or 304 where the client has it."""
    tag, body = answer.entity_tag, b""
    if tag is None:
        body = encode_json(answer.body)
        tag = entity_tag(body, media_type)
        validation.remember(tag)
    kept = caching_fields(tag, policy)
    if validation.is_offered(tag):
        unchanged = Response(status_code=NOT_MODIFIED)
        unchanged.raw_headers = [*fields, *kept]
        return unchanged
    # Not at once, as an exchange would send it: these fields replace those of all other answers.
    return JsonResponse(200, Fragment(body), media_type, [*fields, *kept], coding).__call__

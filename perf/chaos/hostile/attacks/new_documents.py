"""Points 1.3 and 1.7: documents that are new each time, and documents to be persisted."""

from hashlib import sha256
from itertools import count

import orjson

from perf.chaos.hostile.attack import Attack, AttackTarget, Tally
from perf.chaos.hostile.http import (
    PLACEHOLDER,
    Template,
    asking,
    from_connections,
    run_together,
    send_in_turn,
    send_pipelined,
)
from perf.servers.connection import encode_post

_WIDE = asking(f"query A{PLACEHOLDER}{{{' '.join(f'a{n}:plans{{code}}' for n in range(95))}}}")
_LONG = asking(
    f"query A{PLACEHOLDER}{{" + "plans{code displayName dailyMessageLimit} " * 300 + "}",
)
_INVALID = asking(
    f"query A{PLACEHOLDER}{{{' '.join(f'a{n}:plans{{nothing}}' for n in range(95))}}}"
)
_CHARACTERS = 19_000
_FIRST = 10_000_000


async def _as_a_person(target: AttackTarget, tally: Tally) -> None:
    made = iter(asking(_text_of(_WIDE), authorization=f"Bearer {target.token}"))
    await run_together(send_in_turn(target, tally, made) for _ in range(8))


async def _registering(target: AttackTarget, tally: Tally) -> None:
    """Persist texts whose single emoji makes Python use four bytes for each character."""
    made = (
        _registered(f"{{__typename}}#\U0001f600{number}{'a' * _CHARACTERS}")
        for number in count(_FIRST)
    )
    await run_together(send_in_turn(target, tally, made) for _ in range(4))


async def _from_many_addresses(target: AttackTarget, tally: Tally) -> None:
    made = (
        _registered(f"{{__typename}}#\U0001f600{number}{'a' * _CHARACTERS}")
        for number in count(_FIRST)
    )
    await run_together(send_in_turn(target, tally, made, number) for number in range(16))


async def _names(target: AttackTarget, tally: Tally) -> None:
    made = iter(
        asking(
            f"query N{PLACEHOLDER}{'n' * 2_000}{{plans{{code}}}}",
            **{
                "graphql-client-name": f"{PLACEHOLDER}{'c' * 2_000}",
                "x-request-id": f"{PLACEHOLDER}" + "r" * 100,
            },
        )
    )
    await run_together(send_in_turn(target, tally, made, number) for number in range(4))


def _registered(text: str) -> bytes:
    hashed = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
    return encode_post("/graphql", orjson.dumps({"query": text, "extensions": hashed}))


def _text_of(template: Template) -> str:
    return str(orjson.loads(template.request.partition(b"\r\n\r\n")[2])["query"])


ATTACKS = (
    Attack(
        "distinct-wide",
        "1.3",
        "valid texts of 95 fields, each new, 4 at once",
        from_connections(_WIDE, connections=4),
    ),
    Attack(
        "distinct-wide-addresses",
        "1.3",
        "the same from 8 addresses, 16 at once",
        from_connections(_WIDE, connections=16, addresses=8),
    ),
    Attack("distinct-wide-signed-in", "1.3", "the same as a person, 8 at once", _as_a_person),
    Attack(
        "distinct-long",
        "1.3",
        "texts of 13 kB, each new, one after the other without waiting",
        from_connections(_LONG, connections=4, send=send_pipelined),
    ),
    Attack(
        "distinct-invalid",
        "1.3",
        "texts with 95 errors, each new, 8 at once",
        from_connections(_INVALID, connections=8),
    ),
    Attack(
        "distinct-cost-only",
        "1.3",
        "texts of 95 fields, each new, asking for the cost alone",
        from_connections(asking(_text_of(_WIDE), **{"graphql-cost": "validate"}), connections=8),
    ),
    Attack("registering", "1.7", "texts of 19,000 letters and an emoji, to be kept", _registering),
    Attack(
        "registering-addresses", "1.7", "the same from 16 addresses at once", _from_many_addresses
    ),
    Attack(
        "long-names-kept", "1.7", "new operation, client and request names of 2,000 letters", _names
    ),
)

"""What is remembered of tokens, and for how long."""

from datetime import timedelta

import pytest

from app.authentication.claims import InvalidToken
from app.authentication.tokens import TokenVerifier, issue_token
from app.authentication.verified_tokens import KEPT_SECONDS, Claims, VerifiedTokens
from services.callers.principal import Person
from tests.fixtures.stores.world import NOW

SECRET = "a secret, long enough to be used"
CLAIMS = Claims(Person(7, frozenset()), expires_at=1_000)


async def test_a_token_that_was_accepted_ends_at_its_instant() -> None:
    token = issue_token(SECRET, user_id=7, roles=(), ttl_seconds=60, now=NOW)
    now = NOW

    verifier = TokenVerifier((SECRET,), None, lambda: now)
    assert await verifier.verify(token) is await verifier.verify(token)
    now = NOW + timedelta(seconds=60)
    with pytest.raises(InvalidToken, match="it has expired"):
        await verifier.verify(token)


def test_a_token_is_kept_until_it_ends() -> None:
    kept = VerifiedTokens()
    kept.keep("token", CLAIMS, now=900)
    assert kept.claims("token", 999.9) is CLAIMS
    assert kept.claims("token", 1_000) is None
    assert kept.claims("token", 900) is None, "what ended is forgotten"


def test_a_token_is_verified_again_after_a_while() -> None:
    kept = VerifiedTokens()
    kept.keep("token", CLAIMS, now=0)
    assert kept.claims("token", KEPT_SECONDS - 1) is CLAIMS
    assert kept.claims("token", KEPT_SECONDS) is None


def test_a_long_token_is_not_kept() -> None:
    kept = VerifiedTokens()
    kept.keep("t" * 2_049, CLAIMS, now=0)
    assert kept.claims("t" * 2_049, 0) is None


def test_the_oldest_of_too_many_is_forgotten() -> None:
    kept = VerifiedTokens()
    for number in range(10_001):
        kept.keep(str(number), CLAIMS, now=0)
    assert [kept.claims(str(number), 0) for number in (0, 1, 10_000)] == [None, CLAIMS, CLAIMS]

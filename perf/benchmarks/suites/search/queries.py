"""The kinds of searches that are measured: common and rare, long and short, found and not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from perf.benchmarks.suites.search.filling import BEGINNING, MESSAGES_A_CONVERSATION, PAUSE
from perf.benchmarks.suites.search.texts import (
    LETTERS,
    NEVER_TOGETHER,
    PERIODS,
    characters,
    vocabulary,
    word_of_period,
)
from services.search.service import SearchScope

_COMMON, _FREQUENT, _SELDOM, _RARE = (
    range(20),
    range(50, 500),
    range(2_000, 5_000),
    range(30_000, 40_000),
)
_COMMON_CHARACTERS = 300
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and which page is wanted."""

    scope: SearchScope
    page: int = 1


Kind = Callable[[Random, int], Search]


def _words(*ranks: range) -> Kind:
    def ask(random: Random, _: int) -> Search:
        return Search(SearchScope(" ".join(vocabulary()[random.choice(one)] for one in ranks)))

    return ask


def _beginning(ranks: range, letters: int) -> Kind:
    def ask(random: Random, _: int) -> Search:
        return Search(SearchScope(vocabulary()[random.choice(ranks)][:letters]))

    return ask


def _misspelt(ranks: range) -> Kind:
    def ask(random: Random, _: int) -> Search:
        word = vocabulary()[random.choice(ranks)]
        at = random.randrange(1, len(word))
        return Search(SearchScope(f"{word[:at]}{random.choice(LETTERS)}{word[at + 1 :]}"))

    return ask


def _run_of_characters(length: int) -> Kind:
    def ask(random: Random, _: int) -> Search:
        return Search(
            SearchScope("".join(random.choices(characters()[:_COMMON_CHARACTERS], k=length)))
        )

    return ask


def _in_a_conversation(random: Random, messages: int) -> Search:
    conversation = 1 + random.randrange(messages) // MESSAGES_A_CONVERSATION
    return Search(SearchScope(vocabulary()[random.choice(_COMMON)], conversation))


def _in_a_month(ranks: range) -> Kind:
    def ask(random: Random, messages: int) -> Search:
        since = BEGINNING + PAUSE * random.randrange(messages)
        return Search(
            SearchScope(vocabulary()[random.choice(ranks)], since=since, until=since + _MONTH)
        )

    return ask


def _on_page(page: int, kind: Kind) -> Kind:
    return lambda random, messages: Search(kind(random, messages).scope, page)


def _of_long_ago(more: str) -> Kind:
    return lambda random, _: Search(
        SearchScope(f"{word_of_period(random.randrange(PERIODS // 2))} {more}")
    )


KINDS: dict[str, Kind] = {
    "a common word": _words(_COMMON),
    "a frequent word": _words(_FREQUENT),
    "a word that is seldom": _words(_SELDOM),
    "a rare word": _words(_RARE),
    "two common words": _words(_COMMON, _COMMON),
    "two frequent words": _words(_FREQUENT, _FREQUENT),
    "a common and a rare word": _words(_COMMON, _RARE),
    "three frequent words": _words(_FREQUENT, _FREQUENT, _FREQUENT),
    "six words": _words(_COMMON, _COMMON, _FREQUENT, _FREQUENT, _FREQUENT, _SELDOM),
    "two words never together": lambda _random, _: Search(SearchScope(" ".join(NEVER_TOGETHER))),
    "one letter": _beginning(_RARE, 1),
    "two letters": _beginning(_RARE, 2),
    "three letters": _beginning(_RARE, 3),
    "five letters": _beginning(_RARE, 5),
    "a frequent word misspelt": _misspelt(range(200, 1_000)),
    "a rare word misspelt": _misspelt(_RARE),
    "one character": _run_of_characters(1),
    "two characters": _run_of_characters(2),
    "four characters": _run_of_characters(4),
    "nothing": lambda random, _: Search(SearchScope("".join(random.choices("jqxz", k=9)))),
    "in a conversation": _in_a_conversation,
    "a common word in a month": _in_a_month(_COMMON),
    "a rare word in a month": _in_a_month(_RARE),
    "a word of long ago": _of_long_ago(""),
    "a word of long ago, and a letter": _of_long_ago("e"),
    "second page of a common word": _on_page(2, _words(_COMMON)),
    "second page of three letters": _on_page(2, _beginning(_RARE, 3)),
    "tenth page of a frequent word": _on_page(10, _words(_FREQUENT)),
}

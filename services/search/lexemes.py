"""The lexemes under which a message is found, and the queries that find it.

Each begins with the person, so that an index of them leads with the person. Queries are ranked:
each is wider than the one before it.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from services.search.words import Word, words_in

_PERSON = "%"
"""Stands for the person in what is made here, until it is known who that is."""
_CHARACTERS, _SHORTENED, _BEGINNING, _CONVERSATION = "#", "-", "^", "="
_LONGEST_BEGINNING = 12
"""Letters of the beginnings that are lexemes: those of more letters are of hardly any words."""
MOST_WORDS = 8
"""Words of a query that count, runs of characters without spaces as one."""
MOST_CHARACTERS = 40
"""Characters of one such run that count."""
MOST_INDEXED = 20_000
"""Characters of a text that are indexed, if their lexemes are not too many."""
MOST_BYTES = 900_000
"""Bytes of the lexemes of a text, with whose they are: PostgreSQL has one megabyte for them."""
_BYTES_OF_EACH, _BYTES_OF_PLACE = 40, 2
"""What a lexeme has beside its own: whose it is, and what PostgreSQL keeps with it."""
MOST_POSITIONS = 16_383
"""What PostgreSQL counts in one text; later words have no order."""
_LEAST_MISSPELT, _MOST_COMPARED = 5, 7
"""Shorter words have too many neighbours; of longer ones only the beginning is compared."""


def lexemes_of(text: str, *, user_id: int, conversation_id: int) -> str:
    """What a message is found by, as PostgreSQL reads a `tsvector`: `'1f.word':1,7 '1f.-wrd' …`.

    Of a very long text the end is left out.
    """
    places: dict[str, list[int]] = {}
    others: set[str] = set()
    size = 0
    for number, lexeme in enumerate(_in_order(words_in(text[:MOST_INDEXED])), 1):
        added = () if lexeme in places else (_shortened(lexeme) | _beginnings(lexeme)) - others
        new = added if lexeme in places else (lexeme, *added)
        size += _BYTES_OF_PLACE + sum(_BYTES_OF_EACH + len(one.encode()) for one in new)
        if size > MOST_BYTES:
            break
        places.setdefault(lexeme, []).append(min(number, MOST_POSITIONS))
        others.update(added)
    others.add(f"{_CONVERSATION}{conversation_id}")
    found = [f"'{_PERSON}{lexeme}':{','.join(map(str, at))}" for lexeme, at in places.items()]
    found += [f"'{_PERSON}{one}'" for one in sorted(others)]
    return _of_person(" ".join(found), user_id)


def _of_person(text: str, user_id: int) -> str:
    """Lexemes with whose they are; no word has the character that is replaced."""
    return text.replace(_PERSON, f"{user_id:x}.")


def _shortened(lexeme: str) -> set[str]:
    """The lexemes by which a word is found with one letter amiss."""
    return {f"{_SHORTENED}{one}" for one in shortened_forms(lexeme)}


def _beginnings(lexeme: str) -> set[str]:
    """The lexemes of what a longer word begins with, or of the first of two characters."""
    if lexeme.startswith(_CHARACTERS):
        return {f"{_BEGINNING}{lexeme[1]}"}
    return {
        f"{_BEGINNING}{lexeme[:length]}"
        for length in range(1, min(len(lexeme), _LONGEST_BEGINNING + 1))
    }


def shortened_forms(word: str) -> set[str]:
    """The beginning of the word without each of its letters in turn.

    Two words that share one differ there in one letter: more, less, another, or changed places.
    """
    if len(word) < _LEAST_MISSPELT or not word.isalpha():
        return set()
    return _without_one(word[:_MOST_COMPARED])


def ranked_queries(
    text: str, *, user_id: int, conversation_id: int | None = None
) -> tuple[str, ...]:
    """The queries that find a text, as PostgreSQL reads a `tsquery`, the strictest first.

    They find whole words, then words that begin so, then words with a typing error. None where
    there is nothing to look for. With a conversation they find only its messages.
    """
    terms = _terms(words_in(text))
    if not terms:
        return ()
    inside = "" if conversation_id is None else f" & '{_PERSON}{_CONVERSATION}{conversation_id}'"
    ranked = (_whole, _beginning, _misspelt)
    forms = dict.fromkeys(" & ".join(f"({form(term)})" for term in terms) for form in ranked)
    return tuple(_of_person(f"{form}{inside}", user_id) for form in forms)


def is_misspelling(word: str, wanted: str) -> bool:
    """Whether the query for a word finds another by their shortened forms."""
    if not wanted.isalpha() or len(wanted) < _LEAST_MISSPELT - 1:
        return False
    compared = wanted[:_MOST_COMPARED]
    shortened = _without_one(compared)
    return word in shortened or not shortened_forms(word).isdisjoint({compared, *shortened})


def _in_order(words: Iterator[Word]) -> Iterator[str]:
    """The lexeme at each position: a word, or a character with the one that follows it."""
    waiting: Word | None = None
    for word in words:
        if waiting is not None:
            yield f"{_CHARACTERS}{waiting.text}{word.text if word.is_joined else ''}"
        waiting = word if word.is_character else None
        if waiting is None:
            yield word.text
    if waiting is not None:
        yield f"{_CHARACTERS}{waiting.text}"


def _terms(words: Iterator[Word]) -> list[tuple[str, ...]]:
    """What is looked for: words, and runs of characters, of which each is a term."""
    number, numbered = 0, []
    for word in words:
        number += not word.is_joined
        numbered.append((number, word))
    runs = [tuple(one for _, one in run) for _, run in groupby(numbered, key=lambda one: one[0])]
    return [_pieces(run) for run in runs[:MOST_WORDS]]


def _pieces(run: Sequence[Word]) -> tuple[str, ...]:
    """A word alone; or the characters of a run, each with the one that follows it."""
    if not run[0].is_character:
        return (run[0].text,)
    characters = [one.text for one in run[:MOST_CHARACTERS]]
    if len(characters) == 1:
        return (f"{_CHARACTERS}{characters[0]}",)
    return tuple(f"{_CHARACTERS}{one}{other}" for one, other in pairwise(characters))


def _whole(term: tuple[str, ...]) -> str:
    if _is_character(term):
        return f"'{_PERSON}{_BEGINNING}{term[0][1]}'"
    return " <-> ".join(f"'{_PERSON}{piece}'" for piece in term)


def _is_character(term: tuple[str, ...]) -> bool:
    """Whether it is one character of a script without spaces."""
    return len(term[0]) == len(_CHARACTERS) + 1 and term[0].startswith(_CHARACTERS)


def _beginning(term: tuple[str, ...]) -> str:
    word = term[0]
    if word.startswith(_CHARACTERS):
        return _whole(term)
    if len(word) > _LONGEST_BEGINNING:
        return f"'{_PERSON}{word}':*"
    return f"'{_PERSON}{word}' | '{_PERSON}{_BEGINNING}{word}'"


def _misspelt(term: tuple[str, ...]) -> str:
    word = term[0]
    if not word.isalpha() or len(word) < _LEAST_MISSPELT - 1:
        return _beginning(term)
    compared = word[:_MOST_COMPARED]
    without_one = _without_one(compared)
    words = [f"'{_PERSON}{one}'" for one in sorted(without_one)]
    forms = [f"'{_PERSON}{_SHORTENED}{one}'" for one in sorted({compared} | without_one)]
    return " | ".join([_beginning(term), *words, *forms])


def _without_one(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}

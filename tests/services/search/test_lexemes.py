"""The lexemes of a message and the queries for it: whatever is written is found by its words."""

import regex
from hypothesis import given
from hypothesis import strategies as st

from services.search.lexemes import MOST_BYTES, MOST_INDEXED, lexemes_of, ranked_queries
from services.search.snippets import LONGEST_SNIPPET, snippet_of
from services.search.words import words_in

texts = st.text(max_size=300) | st.text(
    st.sampled_from("ab ñÖ北京大学 ไทย タワー 1.,'\\:é\u0301🎉"), max_size=80
)


def test_what_a_message_is_found_by() -> None:
    assert lexemes_of("Hello, 北京大 hello", user_id=31, conversation_id=7).split() == [
        "'1f.hello':1,5",
        "'1f.#北京':2",
        "'1f.#京大':3",
        "'1f.#大':4",
        *(f"'1f.-{short}'" for short in ("ello", "hell", "helo", "hllo")),
        "'1f.=7'",
        *(f"'1f.^{beginning}'" for beginning in ("h", "he", "hel", "hell", "京", "北", "大")),
    ]


def test_queries_widen() -> None:
    whole, beginning, misspelt = ranked_queries("cat world", user_id=31, conversation_id=7)
    begun = "('1f.cat' | '1f.^cat') & ('1f.world' | '1f.^world')"
    assert whole == "('1f.cat') & ('1f.world') & '1f.=7'"
    assert beginning == f"{begun} & '1f.=7'"
    assert "'1f.-wrld'" in misspelt
    _, long = ranked_queries("abcdefghijkl1", user_id=31)
    assert long == "('1f.abcdefghijkl1':*)"
    assert ranked_queries("北", user_id=31) == ("('1f.^北')",)
    assert ranked_queries(" ?! ", user_id=31) == ()


@given(texts)
def test_lexemes_have_no_syntax_of_their_own(text: str) -> None:
    lexemes = lexemes_of(text, user_id=31, conversation_id=1)
    for lexeme in regex.findall(r"'1f\.([^']*)'", lexemes):
        assert regex.fullmatch(r"[#\-=^]?[\p{L}\p{M}\p{N}]*", lexeme), lexeme
    assert lexemes.count("'") % 2 == 0


@given(texts)
def test_words_stand_where_they_say(text: str) -> None:
    ends = [0]
    for word in words_in(text):
        assert ends[-1] <= word.start < word.end <= len(text)
        assert word.text
        ends.append(word.end)


@given(texts, texts)
def test_a_snippet_is_a_piece_of_the_message(content: str, query: str) -> None:
    snippet = snippet_of(content, query)
    inner = snippet.text.removeprefix("…").removesuffix("…")
    assert inner in content
    assert len(inner) <= LONGEST_SNIPPET
    units = len(snippet.text.encode("utf-16-le", "surrogatepass")) // 2
    ends = [0, *(edge for one in snippet.highlights for edge in one), units]
    assert ends == sorted(ends)
    assert all(one.start < one.end for one in snippet.highlights)


def test_the_end_of_a_very_long_text_is_left_out() -> None:
    words = lexemes_of("a " * MOST_INDEXED, user_id=1, conversation_id=1)
    assert words.startswith("'1.a':1,2")
    assert len(lexemes_of("北京" * MOST_INDEXED, user_id=1, conversation_id=1)) < 300_000


def test_the_lexemes_are_within_the_bytes_that_postgresql_has_for_them() -> None:
    """A character that stands for eighteen makes long words of a short text."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"{one}{two}{three}\ufdfa" for one in letters for two in letters for three in letters]
    lexemes = lexemes_of(" ".join(words), user_id=2**63 - 1, conversation_id=1).split()
    size = sum(len(one.partition(":")[0].encode()) - 2 + 8 for one in lexemes)
    assert 600_000 < size < MOST_BYTES
    assert f"'{2**63 - 1:x}.=1'" in lexemes

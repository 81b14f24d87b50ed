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
    assert lexemes_of("Hello, 北京大 hello", 7).split() == [
        "'@hello':1,5",
        "'@#北京':2",
        "'@#京大':3",
        "'@#大':4",
        *(f"'%-{short}'" for short in ("ello", "hell", "helo", "hllo")),
        "'%=7'",
        "'@/'",
    ]


def test_queries_widen_and_leave_out_what_was_found() -> None:
    whole, beginning, misspelt = ranked_queries("cat world", 7)
    assert whole == "('@cat') & ('@world') & '@/' & '%=7'"
    assert beginning == ("('@cat':*) & ('@world':*) & '@/' & '%=7' & !(('@cat') & ('@world'))")
    assert "'%-wrld'" in misspelt
    assert misspelt.endswith("!(('@cat':*) & ('@world':*))")
    assert ranked_queries("北", None) == ("('@#北':*) & '@/'",)
    assert ranked_queries(" ?! ", None) == ()


@given(texts)
def test_lexemes_have_no_syntax_of_their_own(text: str) -> None:
    for lexeme in regex.findall(r"'[@%]([^']*)'", lexemes_of(text, 1)):
        assert regex.fullmatch(r"[#\-=/]?[\p{L}\p{M}\p{N}]*", lexeme), lexeme
    assert lexemes_of(text, 1).count("'") % 2 == 0


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
    assert lexemes_of("a " * MOST_INDEXED, 1).startswith("'@a':1,2")
    assert len(lexemes_of("北京" * MOST_INDEXED, 1)) < 300_000


def test_the_lexemes_are_within_the_bytes_that_postgresql_has_for_them() -> None:
    """A character that stands for eighteen makes long words of a short text."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"{one}{two}{three}\ufdfa" for one in letters for two in letters for three in letters]
    lexemes = lexemes_of(" ".join(words), 1).split()
    size = sum(len(one.partition(":")[0].encode()) - 3 + 36 for one in lexemes)
    assert 800_000 < size < MOST_BYTES
    assert lexemes[-1] == "'@/'"

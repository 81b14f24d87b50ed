"""What becomes of what a model answers where a title was wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guidance.titles.rules import title_of


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Planting tomatoes", "Planting tomatoes"),
        ('"Planting tomatoes."\n', "Planting tomatoes"),
        ("\n\n**Tomaten pflanzen**\nBecause you asked", "Tomaten pflanzen"),
        ("# 如何种番茄", "如何种番茄"),
        ("«Planter des tomates»", "Planter des tomates"),
        ("word " * 40, "word word word word word word word word word word word word…"),
        ("", None),
        ("\n \n\u200b\n", None),
        ('"" \n **', None),
        ("a\u202eb\x00c", "ab c"),
    ],
)
def test_a_title_is_the_first_line_that_says_anything(answer: str, title: str | None) -> None:
    assert title_of(answer) == title


@given(st.text())
def test_whatever_is_answered_a_title_is_one_short_line(answer: str) -> None:
    title = title_of(answer)
    assert title is None or (0 < len(title) <= 61 and "\n" not in title)

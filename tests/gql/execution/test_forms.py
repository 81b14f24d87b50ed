"""What the database writes of rows is what would have been written of them here."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from db.database import open_database
from db.queries.messages import PAGE_BY_CONVERSATION
from gql.execution.run import coerced
from gql.schema.message import MessageStatus
from tests.fixtures.postgres import new_database
from tests.gql.execution.formed import CORE, EVERY_LEAF, HERE, NOW, Lab, Told, prepared


# Any: an answer may have parts that are JSON already.
def is_formed(answer: Any, name: str = "lines") -> bool:
    edges = answer["data"][name]["edges"]
    kinds = {type(edge) for edge in edges}
    assert len(kinds) == 1
    return kinds == {orjson.Fragment}


@pytest.fixture(scope="module")
def lab(postgres: str, world_template: str) -> Iterator[Lab]:
    """The lab, on a database of its own."""
    told: Told = []

    async def open_lab(url: str, stack: AsyncExitStack) -> Lab:
        opening = open_database(
            url,
            replica_url=None,
            pool_size=2,
            observe=lambda one: told.append((one[0], one[2])),
        )
        return Lab(runner, url, await stack.enter_async_context(opening), told)

    stack = AsyncExitStack()
    with new_database(postgres, world_template) as url, asyncio.Runner() as runner:
        yield runner.run(open_lab(url, stack))
        runner.run(stack.aclose())


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
AWKWARD = "\"\\/\b\f\n\r\t\x01\x1f\x7f\x80\u2028\u2029\ufeff\U0001f600é\\u0041{}$1%s'"
FIRST = datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)
"""What lies beyond is infinite to the driver."""
INSTANTS = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)).map(
    lambda at: at.replace(tzinfo=UTC)
)
MESSAGES = st.tuples(
    st.just("assistant"),
    st.sampled_from([one.value for one in MessageStatus]),
    TEXTS | st.sampled_from(["", AWKWARD]),
    INSTANTS,
    st.none() | TEXTS,
) | st.tuples(st.just("user"), st.just("complete"), TEXTS, INSTANTS, st.none())
LEAVES = st.sampled_from(EVERY_LEAF.split())
NAMES = st.none() | st.sampled_from(["a", "b", "None", "SELECT", "role_", "__proto", "x" * 60])


PAGE_INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


def selected(leaves: Sequence[tuple[str | None, str]]) -> str:
    by_name = {name or leaf: leaf for name, leaf in leaves}
    return " ".join(f"{name}: {leaf}" for name, leaf in by_name.items())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(
    rows=[
        ("assistant", "failed", AWKWARD, FIRST, None),
        ("assistant", "stopped", "", NOW.replace(microsecond=1), AWKWARD),
        ("user", "complete", "x", NOW.replace(microsecond=100_000), None),
        ("user", "complete", "y", LAST, None),
    ],
    leaves=[(None, leaf) for leaf in EVERY_LEAF.split()],
    size=3,
    side="last",
    bounds=(0, 3),
    rest=PAGE_INFO,
)
@given(
    rows=st.lists(MESSAGES, max_size=6),
    leaves=st.lists(st.tuples(NAMES, LEAVES), min_size=1, max_size=8),
    size=st.integers(1, 7),
    side=st.sampled_from(["first", "last"]),
    bounds=st.tuples(st.none() | st.integers(0, 5), st.none() | st.integers(0, 5)),
    rest=st.sampled_from(["", "__typename", PAGE_INFO]),
)
def test_the_answers_are_the_same(
    lab: Lab,
    rows: list[tuple[object, ...]],
    leaves: list[tuple[str | None, str]],
    size: int,
    side: str,
    bounds: tuple[int | None, int | None],
    rest: str,
) -> None:
    lab.store(rows)
    edges = lab.ask("{ lines { edges { cursor } } }", is_written=False)["data"]["lines"]["edges"]
    after, before = (
        edges[bound % len(edges)]["cursor"] if edges and bound is not None else None
        for bound in bounds
    )
    document = f"""query ($after: String, $before: String) {{
      lines({side}: {size}, after: $after, before: $before) {{
        edges {{ line {{ {selected(leaves)} }} }} {rest}
      }}
    }}"""
    answer = lab.same(document, after=after, before=before)
    if answer["data"]["lines"]["edges"]:
        assert is_formed(answer)


FRAGMENTS = """{ lines { ...F } } fragment F on Lines {
  edges { line { ...L } } pageInfo { endCursor }
} fragment L on Line { role content }"""
CONDITIONS = """query ($no: Boolean = false) { lines { edges { line {
  id role @include(if: $no) content @skip(if: true)
} } } }"""
ROWS = [
    ("user", "complete", "How?", NOW, None),
    ("assistant", "complete", "Like this.", NOW + timedelta(seconds=1), "stand-in"),
    ("assistant", "streaming", "", NOW + timedelta(seconds=2), "stand-in"),
]


@pytest.mark.parametrize(
    ("document", "formed"),
    [
        (f"{{ lines {{ edges {{ line {{ {EVERY_LEAF} }} }} }} }}", True),
        ("{ lines { edges { __typename } } }", True),
        ("{ lines { again: edges { line { id } } } }", True),
        ("{ lines { edges { line { id } one: line { content } line { id role } } } }", True),
        (FRAGMENTS, True),
        (CONDITIONS, True),
        ("{ lines { edges { line @skip(if: true) { id } } } }", True),
        ("{ lines { edges { cursor line { id } } } }", False),
        ("{ lines { edges { line { id shout } } } }", False),
        ("{ lines { edges { line { id } } } __schema { queryType { name } } }", False),
    ],
)
def test_what_is_plain_is_wanted_in_a_form(lab: Lab, document: str, formed: bool) -> None:
    lab.store(ROWS)
    answer = lab.same(document)
    name = "again" if "again" in document else "edges"
    edges = answer["data"]["lines"][name]
    assert len(edges) == 3
    assert {type(edge) is orjson.Fragment for edge in edges} == {formed}


def test_a_list_that_is_asked_for_twice_is_wanted_in_no_form(lab: Lab) -> None:
    lab.store(ROWS)
    answer = lab.same("{ lines { edges { line { id } } more: edges { line { content } } } }")
    assert not is_formed(answer)


def test_a_page_that_is_wanted_in_two_forms_is_read_once_in_none(lab: Lab) -> None:
    lab.store(ROWS)
    answer = lab.same("{ lines { edges { line { id } } } b: lines { edges { line { content } } } }")
    assert not is_formed(answer)
    assert not is_formed(answer, "b")
    assert lab.told == [("messages.page_by_conversation", 3)]


def test_two_pages_have_a_form_each(lab: Lab) -> None:
    lab.store(ROWS)
    answer = lab.same(
        "{ lines { edges { line { id } } } b: lines(first: 2) { edges { line { content } } } }"
    )
    assert is_formed(answer)
    assert is_formed(answer, "b")
    assert sorted(lab.told) == [("messages.page_by_conversation", 3)] * 2


def test_nobody_gets_a_form_who_did_not_say_that_it_is_written(lab: Lab) -> None:
    lab.store(ROWS)
    document = "{ lines(first: 1) { edges { line { content createdAt } } } }"
    answer = lab.ask(document, is_written=False)
    edges = [{"line": {"content": "How?", "createdAt": NOW}}]
    assert answer == {"data": {"lines": {"edges": edges}}, "errors": []}


def test_where_another_field_fails_the_form_stays(lab: Lab) -> None:
    lab.store(ROWS)
    answer = lab.same("{ broken lines { edges { line { id content } } pageInfo { endCursor } } }")
    assert is_formed(answer)
    assert answer["data"]["broken"] is None
    assert [error["path"] for error in answer["errors"]] == [["broken"]]
    assert sorted(lab.told) == [
        ("messages.page_by_conversation", 3),
        ("messages.page_by_conversation", 3),
    ]


def test_a_value_without_a_word_fails_where_it_would(lab: Lab) -> None:
    lab.store(ROWS)
    lab.execute("ALTER TABLE chat_messages DROP CONSTRAINT ck_chat_messages_status")
    lab.execute(
        "UPDATE chat_messages SET status = 'lost' "
        f"WHERE conversation_id = {HERE} AND role = 'assistant'"
    )
    document = "{ lines { edges { line { id status } } } }"
    formed, plain = (lab.ask(document, is_written=one) for one in (True, False))
    assert formed["data"] == plain["data"] == {"lines": None}
    paths = [[error["path"] for error in one["errors"]] for one in (formed, plain)]
    assert paths == [[["lines", "edges"]]] * 2
    assert is_formed(lab.ask("{ lines { edges { line { id } } } }", is_written=True))


def test_no_name_of_a_document_is_in_a_statement() -> None:
    document = "{ lines { edges { DROP_TABLE: line { __evil: role TRUNCATE: content } } } }"
    operation = prepared(document)
    assert operation.plans is not None
    plan = operation.plans.plan(coerced(CORE, operation, None))
    assert plan is not None
    (site,) = plan.sites.all
    assert site.form is not None
    bounds = dict.fromkeys(("has_after", "has_before", "is_backward", "is_filtered"), False)
    statement = PAGE_BY_CONVERSATION._statement(form=site.form, **bounds)
    for name in ("DROP_TABLE", "__evil", "TRUNCATE", "USER"):
        assert name not in statement.sql
    bound = statement.arguments({"parent_ids": [HERE], "row_limit": 2})
    assert [one for one in bound if isinstance(one, str)] == [
        '{"DROP_TABLE":{"__evil":"',
        "user",
        "USER",
        "assistant",
        "ASSISTANT",
        '","TRUNCATE":',
        "}}",
    ]

"""Two clients of one person in one conversation: what the model is given is what each has seen."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from db.page import Page, Position, filter_by
from db.queries.chat import messages, siblings
from services.guidance.records import Exchange
from services.mutations.refusals import Conflict, NotFound
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA
from tests.services.guidance.chat_instances import Instance, instance, until
from tests.services.guidance.held_model import Call, HeldModel
from tests.services.guidance.message_tree import MessageTree, Node

WINDOW = 12
Refused = type[Conflict] | type[NotFound]
CLIENTS = st.integers(0, 1)
PICKS = st.integers(0, 1_000)
KEYS = count()


@dataclass
class Act:
    """What a client does: `expect` does it to a tree, and returns what must come of it."""

    do: Callable[[], Awaitable[Any]]
    expect: Callable[[MessageTree, Any], Any]
    result: Any = None

    async def perform(self) -> None:
        try:
            self.result = await self.do()
        except (Conflict, NotFound) as refusal:
            self.result = type(refusal)


@dataclass
class Shared:
    """The two instances, with one model, and the loop in which they run."""

    runner: asyncio.Runner
    clients: tuple[Instance, Instance]
    model: HeldModel


@dataclass
class Client:
    """An instance, and the path that its person sees: as it was when it was read."""

    parts: Instance
    view: list[int] = field(default_factory=list)


class TwoClients(RuleBasedStateMachine):
    """A conversation, as it is and as it is to be."""

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.run = shared.runner.run
        self.model = shared.model
        self.clients = [Client(parts) for parts in shared.clients]
        self.tree = MessageTree()
        self.calls: dict[int, Call] = {}
        self.texts = count(1)
        self.conversation = self.run(self.clients[0].parts.start(key=f"start {next(KEYS)}"))
        self.model.calls.clear()

    # What a person sees.

    async def _pages(self, parts: Instance, size: int, through: int | None) -> list[int]:
        """The path that is shown, or through a message, page by page from its end."""
        found: list[int] = []
        page = Page(size, is_backward=True)
        async with parts.database.read_primary() as connection:
            while True:
                rows = await messages.PAGE_BY_CONVERSATION.fetch(
                    connection,
                    [self.conversation],
                    page,
                    filter_by(branch=through),
                    owner_id=ADA,
                )
                found[:0] = [row["id"] for row in reversed(rows[:size])]
                if len(rows) <= size:
                    return found
                page = page._replace(before=await self._position(parts, found[0]))

    async def _position(self, parts: Instance, id_: int) -> Position:
        (row,) = await parts.rows("SELECT created_at, id FROM chat_messages WHERE id = $1", id_)
        return Position(*row)

    @rule(client=CLIENTS, size=st.integers(1, 4))
    def read(self, client: int, size: int) -> None:
        one = self.clients[client]
        one.view = self.run(self._pages(one.parts, size, None))
        assert one.view == self.tree.shown()

    @precondition(lambda self: self.tree.nodes)
    @rule(client=CLIENTS, size=st.integers(1, 4), pick=PICKS)
    def read_a_branch(self, client: int, size: int, pick: int) -> None:
        one, through = self.clients[client], self._any(pick)
        one.view = self.run(self._pages(one.parts, size, through))
        assert one.view == self.tree.shown(through)

    # What a person does.

    @rule(client=CLIENTS)
    def send(self, client: int) -> None:
        self._at_once(self._sending(client))

    @rule(client=CLIENTS)
    def send_to_what_is_shown(self, client: int) -> None:
        self._at_once(self._sending(client, names_parent=False))

    @rule(client=CLIENTS, pick=PICKS)
    def edit(self, client: int, pick: int) -> None:
        self._at_once(*self._editing(client, pick))

    @rule(client=CLIENTS, pick=PICKS)
    def regenerate(self, client: int, pick: int) -> None:
        self._at_once(*self._regenerating(client, pick))

    @rule(client=CLIENTS, pick=PICKS)
    def select(self, client: int, pick: int) -> None:
        self._at_once(*self._selecting(client, pick))

    @rule(client=CLIENTS, pick=PICKS)
    def delete(self, client: int, pick: int) -> None:
        self._at_once(*self._deleting(client, pick))

    @rule(
        kinds=st.tuples(st.integers(0, 5), st.integers(0, 5)),
        picks=st.tuples(PICKS, PICKS),
    )
    def both_at_once(self, kinds: tuple[int, int], picks: tuple[int, int]) -> None:
        acts: list[Act] = []
        for client, (kind, pick) in enumerate(zip(kinds, picks, strict=True)):
            acts += (
                [self._sending(client)],
                [self._sending(client, names_parent=False)],
                self._editing(client, pick),
                self._regenerating(client, pick),
                self._selecting(client, pick),
                self._deleting(client, pick),
            )[kind]
        self._at_once(*acts)

    @precondition(lambda self: self.calls)
    @rule(pick=PICKS, is_stopped=st.booleans(), has_text=st.booleans(), client=CLIENTS)
    def a_reply_ends(self, pick: int, client: int, *, is_stopped: bool, has_text: bool) -> None:
        reply = list(self.calls)[pick % len(self.calls)]
        call, node = self.calls.pop(reply), self.tree.nodes[reply]
        node.is_being_written = False
        parts = self.clients[client].parts
        if has_text or not is_stopped:
            node.text = f"reply {reply}"
            call.say(node.text)
        if not is_stopped:
            call.end()
            self.run(parts.guidance.wait_for_end(ADA, reply))
            return
        if has_text:
            stored = "SELECT content <> '' FROM chat_messages WHERE id = $1"
            self.run(until(lambda: parts.value(stored, reply)))
        self.run(parts.guidance.stop(ADA, reply))

    # How it is done, and what is to come of it.

    def _any(self, pick: int) -> int:
        return list(self.tree.nodes)[pick % len(self.tree.nodes)]

    def _seen(self, client: int, pick: int) -> int | None:
        view = self.clients[client].view
        return view[pick % len(view)] if view else None

    def _sending(self, client: int, *, names_parent: bool = True) -> Act:
        one, text = self.clients[client], f"message {next(self.texts)}"
        parent = one.view[-1] if one.view and names_parent else None
        saw = list(one.view)

        def expect(tree: MessageTree, result: Any) -> Any:
            if parent is not None and parent not in tree.nodes:
                return NotFound
            path = tree.shown() if parent is None else saw
            if tree.is_busy(path[-1] if path else None):
                return Conflict
            return self._exchanged(tree, result, path, text)

        def send() -> Awaitable[Exchange]:
            return one.parts.guidance.send(
                ADA,
                conversation_id=self.conversation,
                parent_id=parent,
                content=text,
                idempotency_key=f"{next(KEYS)}",
            )

        return Act(send, expect)

    def _editing(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self._seen(client, pick)
        if id_ is None or (id_ in self.tree.nodes and self.tree.nodes[id_].is_reply):
            return []
        before, text = one.view[: one.view.index(id_)], f"message {next(self.texts)}"

        def expect(tree: MessageTree, result: Any) -> Any:
            if id_ not in tree.nodes:
                return NotFound
            return self._exchanged(tree, result, before, text)

        def edit() -> Awaitable[Exchange]:
            return one.parts.guidance.edit(ADA, id_, content=text, idempotency_key=f"{next(KEYS)}")

        return [Act(edit, expect)]

    def _regenerating(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self._seen(client, pick)
        if id_ is None:
            return []
        saw = one.view[: one.view.index(id_) + 1]

        def expect(tree: MessageTree, result: Any) -> Any:
            if id_ not in tree.nodes:
                return NotFound
            question = tree.question(id_)
            if tree.is_busy(question):
                return Conflict
            return self._exchanged(tree, result, saw[: saw.index(question) + 1])

        def regenerate() -> Awaitable[Exchange]:
            return one.parts.guidance.regenerate(ADA, id_, idempotency_key=f"{next(KEYS)}")

        return [Act(regenerate, expect)]

    def _exchanged(
        self, tree: MessageTree, result: Any, path: list[int], text: str | None = None
    ) -> Any:
        """Add an exchange to the tree, if one came of it; the model must get just this path."""
        if not isinstance(result, Exchange):
            return Exchange
        message = result.message_id if text else path[-1]
        if text:
            tree.add(message, Node(path[-1] if path else None, is_reply=False, text=text))
            path = [*path, message]
        wanted = tree.prompt(path)[-WINDOW:]
        call = self.calls.get(result.reply_id)
        if call is None:
            is_it = [one for one in self.model.calls if one.prompt[-1] == wanted[-1]]
            call = is_it[-1]
        if call.prompt != wanted:
            return wanted
        tree.add(result.reply_id, Node(message, is_reply=True, text=None, is_being_written=True))
        self.calls[result.reply_id] = call
        return Exchange(self.conversation, message, result.reply_id)

    def _selecting(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self._seen(client, pick)
        if id_ is None:
            return []

        def expect(tree: MessageTree, _result: Any) -> Any:
            if id_ not in tree.nodes:
                return NotFound
            tree.show(id_)
            return self.conversation

        async def select() -> int:
            return int((await one.parts.branches.select(ADA, id_))["id"])

        return [Act(select, expect)]

    def _deleting(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self._seen(client, pick)
        if id_ is None:
            return []

        def expect(tree: MessageTree, _result: Any) -> Any:
            if id_ not in tree.nodes:
                return NotFound
            if any(tree.nodes[gone].is_being_written for gone in tree.subtree(id_)):
                return Conflict
            return tree.delete(id_)

        async def delete() -> list[int]:
            return sorted((await one.parts.branches.delete(ADA, id_)).message_ids)

        return [Act(delete, expect)]

    def _at_once(self, *acts: Act) -> None:
        """Do it, and look for the order in which it must have been done."""
        self.run(self._perform(acts))
        shown = self.run(self._pages(self.clients[0].parts, 100, None))
        orders = [list(acts), list(acts)[::-1]]
        failed = []
        for order in orders:
            tree = deepcopy(self.tree)
            wanted = [act.expect(tree, act.result) for act in order]
            if wanted == [act.result for act in order] and tree.shown() == shown:
                self.tree = tree
                return
            failed.append((wanted, [act.result for act in order], tree.shown(), shown))
        raise AssertionError(failed)

    async def _perform(self, acts: tuple[Act, ...]) -> None:
        before = len(self.model.calls)
        await asyncio.gather(*(act.perform() for act in acts))
        begun = sum(isinstance(act.result, Exchange) for act in acts)
        await until(lambda: len(self.model.calls) == before + begun)

    @invariant()
    def every_message_has_its_siblings(self) -> None:
        ids = list(self.tree.nodes)
        parts = self.clients[0].parts

        async def look() -> tuple[Any, Any]:
            async with parts.database.read_primary() as connection:
                return (
                    await siblings.sibling_places(connection, ids, ADA),
                    await siblings.parents(connection, ids, ADA),
                )

        places, parents = self.run(look())
        tree = self.tree
        assert {row["id"]: (row["count"], row["index"]) for row in places} == {
            id_: (len(tree.siblings(id_)), tree.siblings(id_).index(id_)) for id_ in ids
        }
        assert {row["child_id"]: row["id"] for row in parents} == {
            id_: node.parent for id_, node in tree.nodes.items() if node.parent is not None
        }

    def teardown(self) -> None:
        for call in self.calls.values():
            call.end()
        for reply in self.calls:
            self.run(self.clients[0].parts.guidance.wait_for_end(ADA, reply))


def play(url: str, *, examples: int, steps: int) -> None:
    with asyncio.Runner() as runner:
        stack, model = AsyncExitStack(), HeldModel()

        async def open_both() -> tuple[Instance, Instance]:
            one = await stack.enter_async_context(instance(url, model=model))
            return one, await stack.enter_async_context(instance(url, model=model))

        # More than a day's messages are sent.
        runner.run(run(url, "UPDATE billing_plans SET daily_message_limit = 1000000"))
        shared = Shared(runner, runner.run(open_both()), model)
        try:
            run_state_machine_as_test(
                # It is only called.
                cast("type[TwoClients]", lambda: TwoClients(shared)),
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(stack.aclose())


def test_the_model_is_given_what_the_person_saw(own_world: str) -> None:
    play(own_world, examples=6, steps=25)


@pytest.mark.slow
def test_the_model_is_given_what_the_person_saw_however_long_they_go_on(own_world: str) -> None:
    play(own_world, examples=150, steps=60)

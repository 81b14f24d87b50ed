"""Two clients of one person in one conversation: what the model is given is what each has seen."""

import asyncio
from contextlib import AsyncExitStack
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

from db.queries.chat import siblings
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA
from tests.services.guidance.chat_instances import Instance, instance, until
from tests.services.guidance.held_model import HeldModel
from tests.services.guidance.shared_conversation import Act, Shared, SharedConversation

CLIENTS = st.integers(0, 1)
PICKS = st.integers(0, 1_000)


class TwoClients(RuleBasedStateMachine):
    """A conversation, as it is and as it is to be."""

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.talk = SharedConversation(shared)

    # What a person sees.

    @rule(client=CLIENTS, size=st.integers(1, 4))
    def read(self, client: int, size: int) -> None:
        one = self.talk.clients[client]
        one.view = self.talk.run(self.talk.pages(one.parts, size, None))
        assert one.view == self.talk.tree.shown()

    @precondition(lambda self: self.talk.tree.nodes)
    @rule(client=CLIENTS, size=st.integers(1, 4), pick=PICKS)
    def read_a_branch(self, client: int, size: int, pick: int) -> None:
        one, through = self.talk.clients[client], self.talk.any(pick)
        one.view = self.talk.run(self.talk.pages(one.parts, size, through))
        assert one.view == self.talk.tree.shown(through)

    # What a person does.

    @rule(client=CLIENTS)
    def send(self, client: int) -> None:
        self.talk.at_once(self.talk.sending(client))

    @rule(client=CLIENTS)
    def send_to_what_is_shown(self, client: int) -> None:
        self.talk.at_once(self.talk.sending(client, names_parent=False))

    @rule(client=CLIENTS, pick=PICKS)
    def edit(self, client: int, pick: int) -> None:
        self.talk.at_once(*self.talk.editing(client, pick))

    @rule(client=CLIENTS, pick=PICKS)
    def regenerate(self, client: int, pick: int) -> None:
        self.talk.at_once(*self.talk.regenerating(client, pick))

    @rule(client=CLIENTS, pick=PICKS)
    def select(self, client: int, pick: int) -> None:
        self.talk.at_once(*self.talk.selecting(client, pick))

    @rule(client=CLIENTS, pick=PICKS)
    def delete(self, client: int, pick: int) -> None:
        self.talk.at_once(*self.talk.deleting(client, pick))

    @rule(
        kinds=st.tuples(st.integers(0, 5), st.integers(0, 5)),
        picks=st.tuples(PICKS, PICKS),
    )
    def both_at_once(self, kinds: tuple[int, int], picks: tuple[int, int]) -> None:
        acts: list[Act] = []
        for client, (kind, pick) in enumerate(zip(kinds, picks, strict=True)):
            acts += (
                [self.talk.sending(client)],
                [self.talk.sending(client, names_parent=False)],
                self.talk.editing(client, pick),
                self.talk.regenerating(client, pick),
                self.talk.selecting(client, pick),
                self.talk.deleting(client, pick),
            )[kind]
        self.talk.at_once(*acts)

    @precondition(lambda self: self.talk.calls)
    @rule(pick=PICKS, is_stopped=st.booleans(), has_text=st.booleans(), client=CLIENTS)
    def a_reply_ends(self, pick: int, client: int, *, is_stopped: bool, has_text: bool) -> None:
        reply = list(self.talk.calls)[pick % len(self.talk.calls)]
        call, node = self.talk.calls.pop(reply), self.talk.tree.nodes[reply]
        node.is_being_written = False
        parts = self.talk.clients[client].parts
        if has_text or not is_stopped:
            node.text = f"reply {reply}"
            call.say(node.text)
        if not is_stopped:
            call.end()
            self.talk.run(parts.guidance.wait_for_end(ADA, reply))
            return
        if has_text:
            stored = "SELECT content <> '' FROM chat_messages WHERE id = $1"
            self.talk.run(until(lambda: parts.value(stored, reply)))
        self.talk.run(parts.guidance.stop(ADA, reply))

    @invariant()
    def every_message_has_its_siblings(self) -> None:
        ids = list(self.talk.tree.nodes)
        parts = self.talk.clients[0].parts

        async def look() -> tuple[Any, Any]:
            async with parts.database.read_primary() as connection:
                return (
                    await siblings.sibling_places(connection, ids, ADA),
                    await siblings.parents(connection, ids, ADA),
                )

        places, parents = self.talk.run(look())
        tree = self.talk.tree
        assert {row["id"]: (row["count"], row["index"]) for row in places} == {
            id_: (len(tree.siblings(id_)), tree.siblings(id_).index(id_)) for id_ in ids
        }
        assert {row["child_id"]: row["id"] for row in parents} == {
            id_: node.parent for id_, node in tree.nodes.items() if node.parent is not None
        }

    def teardown(self) -> None:
        for call in self.talk.calls.values():
            call.end()
        for reply in self.talk.calls:
            self.talk.run(self.talk.clients[0].parts.guidance.wait_for_end(ADA, reply))


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

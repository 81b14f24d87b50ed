"""A conversation that two clients share: what they do at once, and what must come of it."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from db.page import Page, Position, filter_by
from db.queries.chat import messages
from services.guidance.records import Exchange
from services.mutations.refusals import Conflict, NotFound
from tests.fixtures.stores.world import ADA
from tests.services.guidance.chat_instances import Instance, until
from tests.services.guidance.held_model import Call, HeldModel
from tests.services.guidance.message_tree import MessageTree, Node

WINDOW = 12
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


class SharedConversation:
    """It as it is, and as it is to be."""

    def __init__(self, shared: Shared) -> None:
        self.run = shared.runner.run
        self.model = shared.model
        self.clients = [Client(parts) for parts in shared.clients]
        self.tree = MessageTree()
        self.calls: dict[int, Call] = {}
        self.texts = count(1)
        self.id = self.run(self.clients[0].parts.start(key=f"start {next(KEYS)}"))
        self.model.calls.clear()

    async def pages(self, parts: Instance, size: int, through: int | None) -> list[int]:
        """The path that is shown, or through a message, page by page from its end."""
        found: list[int] = []
        page = Page(size, is_backward=True)
        async with parts.database.read_primary() as connection:
            while True:
                rows = await messages.PAGE_BY_CONVERSATION.fetch(
                    connection,
                    [self.id],
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

    def any(self, pick: int) -> int:
        return list(self.tree.nodes)[pick % len(self.tree.nodes)]

    def seen(self, client: int, pick: int) -> int | None:
        view = self.clients[client].view
        return view[pick % len(view)] if view else None

    def sending(self, client: int, *, names_parent: bool = True) -> Act:
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
                conversation_id=self.id,
                parent_id=parent,
                content=text,
                idempotency_key=f"{next(KEYS)}",
            )

        return Act(send, expect)

    def editing(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self.seen(client, pick)
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

    def regenerating(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self.seen(client, pick)
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
        return Exchange(self.id, message, result.reply_id)

    def selecting(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self.seen(client, pick)
        if id_ is None:
            return []

        def expect(tree: MessageTree, _result: Any) -> Any:
            if id_ not in tree.nodes:
                return NotFound
            tree.show(id_)
            return self.id

        async def select() -> int:
            return int((await one.parts.branches.select(ADA, id_))["id"])

        return [Act(select, expect)]

    def deleting(self, client: int, pick: int) -> list[Act]:
        one, id_ = self.clients[client], self.seen(client, pick)
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

    def at_once(self, *acts: Act) -> None:
        """Do it, and look for the order in which it must have been done."""
        self.run(self._perform(acts))
        shown = self.run(self.pages(self.clients[0].parts, 100, None))
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

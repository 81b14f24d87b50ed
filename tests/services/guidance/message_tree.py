"""What a conversation is to be, as a tree in memory: what is shown, and what can be done."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Node:
    """A message; `text` is what goes into a prompt, None for a reply that has none yet."""

    parent: int | None
    is_reply: bool
    text: str | None
    is_being_written: bool = False


@dataclass
class MessageTree:
    """The messages by id, and for each those that follow it, the one shown last at the end."""

    nodes: dict[int, Node] = field(default_factory=dict)
    following: dict[int | None, list[int]] = field(default_factory=dict)

    def path(self, id_: int | None) -> list[int]:
        """From the root to a message."""
        found: list[int] = []
        while id_ is not None:
            found.append(id_)
            id_ = self.nodes[id_].parent
        return found[::-1]

    def shown(self, through: int | None = None) -> list[int]:
        """The path through a message to the leaf shown last below it."""
        path = self.path(through)
        while following := self.following.get(path[-1] if path else None):
            path.append(following[-1])
        return path

    def siblings(self, id_: int) -> list[int]:
        return sorted(self.following[self.nodes[id_].parent])

    def show(self, through: int) -> None:
        for id_ in self.shown(through):
            siblings = self.following[self.nodes[id_].parent]
            siblings.remove(id_)
            siblings.append(id_)

    def add(self, id_: int, node: Node) -> None:
        self.nodes[id_] = node
        self.following.setdefault(node.parent, []).append(id_)
        self.show(id_)

    def subtree(self, id_: int) -> Iterator[int]:
        yield id_
        for one in self.following.get(id_, ()):
            yield from self.subtree(one)

    def delete(self, id_: int) -> list[int]:
        gone = sorted(self.subtree(id_))
        self.following[self.nodes[id_].parent].remove(id_)
        for one in gone:
            del self.nodes[one]
            self.following.pop(one, None)
        return gone

    def question(self, id_: int) -> int:
        """The person's message that is answered again with this one."""
        return next(one for one in reversed(self.path(id_)) if not self.nodes[one].is_reply)

    def is_busy(self, parent: int | None) -> bool:
        """Whether a message, or a reply to it, is being written: nothing more may follow it."""
        near = [*self.following.get(parent, ()), *([] if parent is None else [parent])]
        return any(self.nodes[one].is_being_written for one in near)

    def prompt(self, ids: list[int]) -> list[tuple[bool, str]]:
        """The messages of a path that go into a prompt."""
        nodes = [self.nodes[id_] for id_ in ids]
        return [(one.is_reply, one.text) for one in nodes if one.text]

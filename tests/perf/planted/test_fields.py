"""Fields that no document selects: what they cost is found, and named by type and field."""

from pathlib import Path

import pytest

from tests.perf.planted.source import Edit, assert_caught, planted

MESSAGE_COUNT = Edit(
    "gql/schema/conversation.py",
    "info.context.loaders.message_count.load(self.key)",
    "info.context.loaders.renewed().message_count.load(self.key)",
)
LAST_MESSAGE = Edit(
    "gql/schema/conversation.py",
    "later(info.context.loaders.messages_by_conversation.start(key), _first_message)",
    "later(info.context.loaders.renewed().messages_by_conversation.start(key), _first_message)",
)
EXPORT = Edit(
    "gql/schema/privacy.py",
    "info.context.loaders.privacy_archive.load(self.key)",
    "info.context.loaders.renewed().privacy_archive.load(self.key)",
)
RECEIPT = Edit(
    "gql/schema/privacy.py",
    "info.context.loaders.erased_tables.load(self.key)",
    "info.context.loaders.renewed().erased_tables.load(self.key)",
)
NODES = Edit(
    "gql/resolvers/nodes.py",
    "row = await context.loaders.credential.load(key)",
    "row = await context.loaders.renewed().credential.load(key)",
)
NO_LOOK_AT_PLANS = Edit(
    "gql/schema/billing.py",
    "    @classmethod\n    def from_record(cls, plan: PlanRecord)",
    '    @strawberry.field(description="How many plans there are.")\n'
    "    async def beside(self, info: strawberry.Info) -> int:\n"
    "        loaders = info.context.loaders.renewed()\n"
    '        return len(await loaders.plans_on_sale.load("all"))\n\n'
    "    @classmethod\n    def from_record(cls, plan: PlanRecord)",
)
PAGES_ONE_BY_ONE = Edit(
    "loaders/pages.py",
    "            by_page[key.page, key.filter].append(key)\n",
    "            by_page[key.page, key.filter].append(key)\n"
    "        if len(by_page) > 1:\n"
    "            return [(await batch([key]))[0] for key in keys]\n",
)
ONLY_WITH_LAST = Edit(
    "gql/schema/conversation.py",
    "        found = info.context.loaders.messages_by_conversation.start(key)\n",
    "        loaders = info.context.loaders.renewed() if last else info.context.loaders\n"
    "        found = loaders.messages_by_conversation.start(key)\n",
)
UNREACHABLE = Edit(
    "gql/schema/conversation.py",
    '    @described.field("How many messages it has.", COUNT)\n',
    '    @described.field("Whether a word is in it.")\n'
    "    def has_word(self, info: Info, word: list[datetime]) -> bool:\n"
    '        raise ValueError(f"no {word} here, {info}")\n\n'
    '    @described.field("How many messages it has.", COUNT)\n',
)

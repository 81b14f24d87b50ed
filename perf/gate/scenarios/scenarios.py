"""The scenario of each of our documents: its caller, its preparation and its variables."""

import re
from collections.abc import Mapping
from functools import cache

from graphql import GraphQLInputObjectType

from gql.build import core_schema
from gql.documents.trusted_documents import trusted_documents
from perf.gate.data.callers import writer
from perf.gate.scenarios.accounts import ACCOUNTS
from perf.gate.scenarios.chat import CHAT, on_conversation
from perf.gate.scenarios.scenario import Scenario

_INPUT = re.compile(r"mutation \w+\(\$input: (\w+)!\)")


@cache
def scenarios() -> Mapping[str, Scenario]:
    """The scenarios by document; a mutation of a conversation needs none of its own."""
    own = {**ACCOUNTS, **CHAT}
    changing = (name for name, one in trusted_documents().items() if _is_of_conversation(one.text))
    derived = {name: Scenario(writer, on_conversation) for name in changing if name not in own}
    return {**own, **derived}


def _is_of_conversation(text: str) -> bool:
    """Whether it is a mutation whose input has the id of a conversation, and no other key."""
    found = _INPUT.match(text)
    type_ = found and core_schema().type_map.get(found[1])
    if not isinstance(type_, GraphQLInputObjectType):
        return False
    return "conversationId" in type_.fields and "idempotencyKey" not in type_.fields

"""The mutation root."""

import strawberry

from gql.resolvers.billing import BillingMutations
from gql.resolvers.chat import MessageMutations
from gql.resolvers.conversations import ConversationMutations
from gql.resolvers.enterprise import EnterpriseMutations
from gql.resolvers.privacy import PrivacyMutations


@strawberry.type(
    description=(
        "Everything that can be changed. What is refused is a value: a payload whose `userErrors` "
        "is empty succeeded, any other changed nothing."
    )
)
class Mutation(
    ConversationMutations,
    MessageMutations,
    BillingMutations,
    EnterpriseMutations,
    PrivacyMutations,
):
    """The mutation root, composed of one part per domain."""

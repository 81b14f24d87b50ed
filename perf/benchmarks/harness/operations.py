"""The operations that are measured: every server here answers them alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """A document, and its name in the tables."""

    name: str
    document: str


QUOTA = Operation(
    "quota",
    """query Quota {
  viewer {
    id
    subscription { status plan { code } }
    quota { state limit used remaining resetsAt }
  }
}""",
)
PAGE = Operation(
    "page",
    """query Page {
  viewer {
    conversations(first: 20) {
      edges { node { id title status updatedAt } }
      pageInfo { hasNextPage endCursor }
    }
  }
}""",
)
PAGE_WITH_MESSAGES = Operation(
    "page with messages",
    """query PageWithMessages {
  viewer {
    conversations(first: 20) {
      edges {
        node {
          id title status updatedAt
          messages(last: 10) { edges { node { id role status content createdAt } } }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}""",
)
OPERATIONS = (QUOTA, PAGE, PAGE_WITH_MESSAGES)

"""The callers in the gate's data: groups with n rows of everything, with 2n, and others."""

from dataclasses import dataclass

from gql.documents.budgets.variants import ANOTHER, COMPANY, NOBODY, OPS
from gql.values.ids import global_id
from services.callers.principal import ANONYMOUS, ApiClient, Person, Principal

_PLACES = 5


@dataclass(frozen=True, slots=True)
class CallerGroup:
    """Five people with `rows` of everything, and their companies; see `callers.sql`.

    Only the first two send messages, and the first is only read about, so that documents do not
    affect each other.
    """

    first_person: int
    first_account: int
    rows: int

    def person(self, place: int) -> Principal:
        """One of the people."""
        return Person(self.first_person + place)

    def client(self, place: int) -> Principal:
        """The client of one of the companies."""
        account = self.first_account + place
        return ApiClient(account, 100 * account + 1)

    @property
    def completed_erasure_ids(self) -> list[str]:
        """The ids of completed erasures, which operators may see but no list contains."""
        first = 700_000 + 100 * self.first_person
        return [global_id("PrivacyRequest", first + place) for place in range(self.rows)]

    def index_of(self, principal: Principal) -> int:
        """The index of the person or company; 0 for anonymous callers."""
        if isinstance(principal, Person):
            return principal.user_id - self.first_person
        if isinstance(principal, ApiClient):
            return principal.account_id - self.first_account
        return 0


FEW_ROWS, TWICE_THE_ROWS, OTHER_ACCOUNTS = (
    CallerGroup(2001 + _PLACES * group, 1501 + _PLACES * group, rows)
    for group, rows in enumerate((12, 24, 12))
)
NO_ROWS, EMPTY_CONVERSATION, MANY_ROWS = (
    CallerGroup(2001 + _PLACES * group, 1501 + _PLACES * group, rows)
    for group, rows in ((3, 0), (4, 0), (5, 120))
)
"""Groups of which only the first person and company exist: they have nothing, nothing but an empty
conversation, and more of everything than a page holds.
"""

EQUAL_PAIRS = tuple(
    (CallerGroup(2101 + more, 1601 + more, 12), CallerGroup(2106 + more, 1606 + more, 24))
    for more in range(0, 80, 10)
)
"""Pairs of groups with n and 2n rows, for measurements that are repeated with equal data."""


def reader(callers: CallerGroup) -> Principal:
    """A person whose data is only read."""
    return callers.person(0)


def writer(callers: CallerGroup) -> Principal:
    """A subscribed person who changes data."""
    return callers.person(1)


def payer(callers: CallerGroup) -> Principal:
    """A person who never paid."""
    return callers.person(2)


def debtor(callers: CallerGroup) -> Principal:
    """A person whose payment failed."""
    return callers.person(3)


def plan_changer(callers: CallerGroup) -> Principal:
    """A person who may change plans."""
    return callers.person(4)


def company(callers: CallerGroup) -> Principal:
    """The client of a company whose data is only read."""
    return callers.client(0)


def guidance_company(callers: CallerGroup) -> Principal:
    """The client of a company that requests guidance."""
    return callers.client(1)


def operator(callers: CallerGroup) -> Principal:
    """An operator whose own data is only read."""
    return as_kind(OPS, reader(callers), callers)


def anonymous(_callers: CallerGroup) -> Principal:
    """The anonymous caller."""
    return ANONYMOUS


def as_kind(kind: str, principal: Principal, callers: CallerGroup) -> Principal:
    """The caller of this kind that corresponds to `principal`."""
    place = callers.index_of(principal)
    if kind == NOBODY:
        return ANONYMOUS
    if kind == COMPANY:
        return callers.client(place)
    if kind == OPS:
        return Person(callers.first_person + place, frozenset({"ops"}))
    if kind == ANOTHER:
        if isinstance(principal, ApiClient):
            return OTHER_ACCOUNTS.client(place)
        roles = principal.roles if isinstance(principal, Person) else frozenset()
        return Person(OTHER_ACCOUNTS.first_person + place, roles)
    return callers.person(place)

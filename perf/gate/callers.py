"""Those who ask on the gate's data: the same people with n of everything, with 2n, and others."""

from dataclasses import dataclass

from gql.documents.variants import ANOTHER, COMPANY, NOBODY, OPS
from gql.values.ids import global_id
from services.principal import ANONYMOUS, ApiClient, Person, Principal

_PLACES = 5


@dataclass(frozen=True, slots=True)
class Callers:
    """Five people who have `rows` of everything, and their companies; see `callers.sql`.

    Only the first two send messages, and only the first is read about, so that no document sees
    what another one did.
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
    def ids_of_requests_of_nobody(self) -> list[str]:
        """The ids of completed erasures, which operators see, and nobody lists."""
        first = 700_000 + 100 * self.first_person
        return [global_id("PrivacyRequest", first + place) for place in range(self.rows)]

    def place_of(self, principal: Principal) -> int:
        """Which of the people it is, or whose company; who is nobody counts as the first."""
        if isinstance(principal, Person):
            return principal.user_id - self.first_person
        if isinstance(principal, ApiClient):
            return principal.account_id - self.first_account
        return 0


FEW, TWICE_AS_MANY, OTHERS = (
    Callers(2001 + _PLACES * group, 1501 + _PLACES * group, rows)
    for group, rows in enumerate((12, 24, 12))
)

ALIKE = tuple(
    (Callers(2101 + more, 1601 + more, 12), Callers(2106 + more, 1606 + more, 24))
    for more in range(0, 80, 10)
)
"""Others with n and with 2n rows, for what is to be done several times alike."""


def reader(callers: Callers) -> Principal:
    """Who is only read about."""
    return callers.person(0)


def writer(callers: Callers) -> Principal:
    """Who writes, and is subscribed."""
    return callers.person(1)


def payer(callers: Callers) -> Principal:
    """Who never paid."""
    return callers.person(2)


def debtor(callers: Callers) -> Principal:
    """Whose payment failed."""
    return callers.person(3)


def mover(callers: Callers) -> Principal:
    """Who may move to another plan."""
    return callers.person(4)


def company(callers: Callers) -> Principal:
    """The client of a company that is only read about."""
    return callers.client(0)


def asking_company(callers: Callers) -> Principal:
    """The client of a company that asks for guidance."""
    return callers.client(1)


def operator(callers: Callers) -> Principal:
    """Who is only read about, and sees operations data."""
    return as_kind(OPS, reader(callers), callers)


def nobody(_callers: Callers) -> Principal:
    """Who is not signed in."""
    return ANONYMOUS


def as_kind(kind: str, principal: Principal, callers: Callers) -> Principal:
    """Who asks in the place of `principal`, as a caller of this kind."""
    place = callers.place_of(principal)
    if kind == NOBODY:
        return ANONYMOUS
    if kind == COMPANY:
        return callers.client(place)
    if kind == OPS:
        return Person(callers.first_person + place, frozenset({"ops"}))
    if kind == ANOTHER:
        is_company = isinstance(principal, ApiClient)
        return OTHERS.client(place) if is_company else OTHERS.person(place)
    return callers.person(place)

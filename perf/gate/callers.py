"""Those who ask on the gate's data: the same people twice, with n of everything and with 2n."""

from dataclasses import dataclass, replace

from services.principal import ANONYMOUS, ApiClient, Person, Principal


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


FEW, TWICE_AS_MANY = Callers(2001, 1501, rows=12), Callers(2006, 1506, rows=24)
ALIKE = tuple(
    tuple(
        replace(one, first_person=one.first_person + more, first_account=one.first_account + more)
        for one in (FEW, TWICE_AS_MANY)
    )
    for more in range(100, 180, 10)
)
"""Others with the same rows, for what each may do once and is to be done several times."""


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


def nobody(_callers: Callers) -> Principal:
    """Who is not signed in."""
    return ANONYMOUS

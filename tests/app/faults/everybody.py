"""Everybody asks at once, while something behind the server fails."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.app.graphql.documents.persisted_requests import persisted, plans
from tests.fixtures.servers.server import Api, metrics_of
from tests.fixtures.stores.world import ADA

ROUNDS = 12
QUOTA = "{ viewer { email quota { used } subscription { plan { code } } } }"
ADAS = {
    "viewer": {
        "email": "ada@example.com",
        "quota": {"used": 3},
        "subscription": {"plan": {"code": "premium-unlimited"}},
    }
}
IS_OPEN = 'guidance_keyvalue_circuit_open{circuit="redis"} '


def is_recovered(api: Api) -> bool:
    (line,) = (one for one in metrics_of(api.http).splitlines() if one.startswith(IS_OPEN))
    return line == IS_OPEN + "0.0"


def ask_all(api: Api, name: str) -> list[float]:
    """Have everybody asked at once, often, see that all is right, and give how long it took."""

    def timed(ask: Callable[[int], object], expected: object, number: int) -> float:
        started = time.monotonic()
        assert ask(number) == expected
        return time.monotonic() - started

    def register(number: int) -> object:
        text = plans(f"Of{name}{number}")
        body = {"query": text, "extensions": persisted(text)}
        return len(api.http.post("/graphql", json=body).json()["data"]["plans"])

    def read(_number: int) -> object:
        return api.ask(QUOTA, viewer=ADA)

    with ThreadPoolExecutor(6) as threads:
        asking = [
            threads.submit(timed, ask, expected, number)
            for number in range(ROUNDS)
            for ask, expected in ((read, {"data": ADAS}), (register, 2))
        ]
        return [one.result() for one in asking]

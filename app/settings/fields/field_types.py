"""Types of settings, with their validation."""

import re
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Annotated, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from keyvalue import CLUSTER_SCHEMES, SENTINEL_SCHEMES, SentinelUrl

T = TypeVar("T")
SHORTEST_SECRET = 32
_REDIS_SCHEMES = ("redis", "rediss", "unix", *SENTINEL_SCHEMES, *CLUSTER_SCHEMES)
_HOST = r"(\[[^\]]*\]|[^\[\]:,]*)(:\d{1,5})?"
_HOSTS = re.compile(rf"{_HOST}(,{_HOST})*", re.ASCII)


class StatusProfile(Enum):
    """Which HTTP statuses GraphQL responses have."""

    CURRENT = "current"
    DRAFT = "draft"


def _postgres(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    if not _HOSTS.fullmatch(urlsplit(url).netloc.rpartition("@")[2]):
        raise ValueError("must be like postgresql://user:password@host:5432/database")
    return url


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
    return secret


def _fits_a_header(secret: SecretStr) -> SecretStr:
    if re.fullmatch(r"[\x21-\x7e]+", secret.get_secret_value()) is None:
        raise ValueError("must be printable ASCII without spaces")
    return secret


def _origin(text: str) -> str:
    origin = text.lower().rstrip("/")
    if re.fullmatch(r"https?://[^/?#@*\s]+", origin):
        return origin
    place = re.fullmatch(r"(https?://)?([a-z0-9.-]+(:[0-9]+)?)(/.*)?", origin)
    advice = (
        f"for this one write {place[1] or 'https://'}{place[2]}"
        if place
        else "pages of any origin cannot be let in"
        if "*" in origin
        else "each has a scheme and a host, and perhaps a port"
    )
    raise ValueError(f"must be origins like https://chat.example,http://localhost:3000; {advice}")


def _header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", text):
        raise ValueError("must be names of header fields like X-Trace")
    return text


def _proxy(text: str) -> str:
    try:
        return str(ip_network(text)) if "/" in text else str(ip_address(text))
    except ValueError:
        raise ValueError("must be addresses like 10.0.0.1 and networks like 10.0.0.0/8") from None


def _fingerprint(text: str) -> str:
    digits = text.replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("must be SHA-256 fingerprints, of 64 hexadecimal digits each")
    return digits


def _stripe_key(key: SecretStr) -> SecretStr:
    if not key.get_secret_value().startswith(("sk_", "rk_")):
        raise ValueError("must begin with sk_ or rk_")
    return key


def _redis(url: str) -> str:
    scheme = url.partition("://")[0]
    if scheme not in _REDIS_SCHEMES:
        raise ValueError(
            f"must begin with one of {', '.join(f'{one}://' for one in _REDIS_SCHEMES)}"
        )
    SentinelUrl.parse(url)
    return url


def _base_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^?#@\s]+", text):
        raise ValueError("must be like https://api.example")
    return text.rstrip("/")


def _key_set_url(text: str) -> str:
    parts = urlsplit(text)
    if not parts.hostname or parts.scheme not in {"https", "http"}:
        raise ValueError("must be like https://identity.example/keys")
    return text


def _split_at_commas(value: object) -> object:
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else value


CommaSeparated = Annotated[tuple[T, ...], NoDecode, BeforeValidator(_split_at_commas)]
"""Values separated by commas."""
PostgresUrl = Annotated[str, AfterValidator(_postgres)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
Secret = Annotated[SecretStr, AfterValidator(_long_enough)]
ApiKey = Annotated[SecretStr, AfterValidator(_fits_a_header)]
Origin = Annotated[str, AfterValidator(_origin)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
Proxy = Annotated[str, AfterValidator(_proxy)]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
KeySetUrl = Annotated[str, AfterValidator(_key_set_url)]
StripeKey = Annotated[SecretStr, AfterValidator(_stripe_key)]
Positive = Annotated[int, Field(gt=0)]
Switch: TypeAlias = bool | None
"""On or off; None is on in development only."""
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

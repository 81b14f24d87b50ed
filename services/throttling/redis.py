"""Budgets that all instances share, decided in Redis by one script."""

from typing import Any

from services.throttling.records import Policy, Spending
from services.throttling.rules import spending

# The time is Redis's own, the only one that all instances share. A refund is a negative cost. The
# answer is what the bucket holds before, in text, so that no fraction of a unit is lost.
_SCRIPT = """
local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local kept = redis.call('HMGET', KEYS[1], 'units', 'at')
local units = capacity
if kept[1] then
  local passed = math.max(0, now - tonumber(kept[2]))
  units = math.min(capacity, tonumber(kept[1]) + passed * rate)
end
local left = units
if cost <= units then left = math.min(capacity, units - cost) end
redis.call('HSET', KEYS[1], 'units', string.format('%.6f', left), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil((capacity - left) / rate) + 1)
return string.format('%.6f', units)
"""


class RedisBudgets:
    """The buckets in Redis; every method raises what the client raises when Redis is away."""

    # Any: what the client gives depends on how it was made, which its types do not tell.
    def __init__(self, redis: Any) -> None:
        self._script = redis.register_script(_SCRIPT)

    async def spend(self, key: str, cost: int, policy: Policy) -> Spending:
        """Spend `cost` units of the bucket `key`, or none."""
        return spending(await self._run(key, cost, policy), cost, policy)

    async def refund(self, key: str, units: int, policy: Policy) -> None:
        """Give units back."""
        await self._run(key, -units, policy)

    async def _run(self, key: str, cost: int, policy: Policy) -> float:
        arguments = (policy.capacity, policy.restore_rate, cost)
        return float(await self._script(keys=[f"guidance:budget:{key}"], args=arguments))

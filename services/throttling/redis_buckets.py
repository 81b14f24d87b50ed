"""Token buckets in Redis, shared by all instances and changed by one script."""

from keyvalue import KeyValue, Script
from metrics.keyvalue import unreadable
from services.throttling.records import BucketPolicy, SpendResult
from services.throttling.rules import spend_result

# The clock is that of Redis, which all instances share; if it goes back, nothing is refilled. A
# refund is a negative cost. The first result is the level before spend_result, as text so that no
# fraction is lost. If the key holds anything but a bucket, it is replaced by a full one, and the
# second result is 1.
_SCRIPT = Script("""
local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local kept = redis.pcall('HMGET', KEYS[1], 'units', 'at')
local units, unreadable = capacity, 0
if kept.err or kept[1] or kept[2] then
  local held = tonumber(kept[1] or '')
  local at = tonumber(kept[2] or '')
  if not kept.err and held and held >= 0 and at and at >= 0 then
    units = math.min(capacity, held + math.max(0, now - at) * rate)
  else
    redis.call('DEL', KEYS[1])
    unreadable = 1
  end
end
local left = units
if cost <= units then left = math.min(capacity, units - cost) end
redis.call('HSET', KEYS[1], 'units', string.format('%.6f', left), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil((capacity - left) / rate) + 1)
return {string.format('%.6f', units), unreadable}
""")


class RedisBuckets:
    """The buckets in Redis; every method raises `KeyValueError`."""

    def __init__(self, keyvalue: KeyValue) -> None:
        self._keyvalue = keyvalue

    async def spend(self, key: str, cost: int, policy: BucketPolicy) -> SpendResult:
        """Spend `cost` units of the bucket `key`, or none."""
        return spend_result(await self._run(key, cost, policy), cost, policy)

    async def refund(self, key: str, units: int, policy: BucketPolicy) -> None:
        """Refund units."""
        await self._run(key, -units, policy)

    async def _run(self, key: str, cost: int, policy: BucketPolicy) -> float:
        arguments = (policy.capacity, policy.restore_rate, cost)
        keys = [f"guidance:budget:{key}"]
        units, was_unreadable = await self._keyvalue.run_script(_SCRIPT, keys, arguments)
        unreadable("budgets", was_unreadable)
        return float(units)

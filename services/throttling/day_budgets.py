"""Budgets of a UTC day: what may be spent of several kinds together, shared by all instances.

Unlike a token bucket nothing is regained during the day, and the whole is there at midnight.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date

from keyvalue import KeyValue, KeyValueError, Script
from metrics.keyvalue import count_fallback, unreadable

_MOST_KEYS = 20_000
_SECONDS = 2 * 86_400
"""How long a day's budget is kept: also over the clocks of instances that differ."""
# The amounts are fields 1, 2, … of a hash. The first result is 1 if they were spent, and the others
# are what had been spent before. What is no amount is begun again, and then the last result is 1.
_SCRIPT = Script("""
local spent, fits, count, unreadable = {1}, true, #ARGV / 2 - 0.5, 0
for place = 1, count do
  local held = redis.pcall('HGET', KEYS[1], place)
  if type(held) == 'table' then redis.call('DEL', KEYS[1]) end
  local before = type(held) == 'string' and tonumber(held)
  if not (before and before >= 0 and before < 2^53) then
    before = 0
    if held then unreadable = 1 end
  end
  spent[place + 1] = before
  local amount, limit = tonumber(ARGV[2 * place]), tonumber(ARGV[2 * place + 1])
  if amount > 0 and before + amount > limit then fits = false end
end
spent[count + 2] = unreadable
if not fits then
  spent[1] = 0
  return spent
end
for place = 1, count do
  local after = math.max(0, spent[place + 1] + tonumber(ARGV[2 * place]))
  redis.call('HSET', KEYS[1], place, string.format('%.0f', after))
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return spent
""")


class DayBudgets:
    """Spends amounts of a day's budgets: all kinds, or none.

    While Redis is away, what this process has counted itself applies instead.
    """

    def __init__(self, keyvalue: KeyValue | None) -> None:
        self._keyvalue = keyvalue
        self._spent: OrderedDict[str, list[int]] = OrderedDict()

    async def spend(
        self, key: str, day: date, amounts: Sequence[int], limits: Sequence[int]
    ) -> tuple[bool, Sequence[int]]:
        """Spend an amount of each kind, unless one would exceed its limit of the day.

        Returns whether they were spent, and what had been spent of each before. A negative amount
        gives back, which is never refused; of what is not known to be spent, nothing is given back.
        """
        key = f"{key}:{day.isoformat()}"
        if self._keyvalue is not None:
            try:
                return await _spend_shared(self._keyvalue, key, amounts, limits)
            except KeyValueError:
                count_fallback("budgets")
        return self._spend_here(key, amounts, limits)

    def _spend_here(
        self, key: str, amounts: Sequence[int], limits: Sequence[int]
    ) -> tuple[bool, Sequence[int]]:
        before = self._spent.get(key) or [0] * len(amounts)
        fits = all(
            amount <= 0 or spent + amount <= limit
            for spent, amount, limit in zip(before, amounts, limits, strict=True)
        )
        if fits:
            self._spent[key] = [max(0, a + b) for a, b in zip(before, amounts, strict=True)]
            self._spent.move_to_end(key)
            if len(self._spent) > _MOST_KEYS:
                self._spent.popitem(last=False)
        return fits, before


async def _spend_shared(
    keyvalue: KeyValue, key: str, amounts: Sequence[int], limits: Sequence[int]
) -> tuple[bool, Sequence[int]]:
    pairs = [one for pair in zip(amounts, limits, strict=True) for one in pair]
    keys = [f"guidance:day:{key}"]
    is_spent, *before, was_unreadable = await keyvalue.run_script(_SCRIPT, keys, [_SECONDS, *pairs])
    unreadable("budgets", was_unreadable)
    return bool(is_spent), before

"""How long Stripe's meters remember an identifier, and for which times they count.

https://docs.stripe.com/api/billing/meter-event/create
"""

from datetime import timedelta

IDENTIFIER_MEMORY = timedelta(hours=24)
OLDEST_USAGE = timedelta(days=35)
NEWEST_USAGE = timedelta(minutes=5)
"""How far in the future a use may be."""

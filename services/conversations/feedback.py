"""What people think of replies."""

from db.database import Database
from db.queries.chat import feedback
from db.row import Row
from db.states import FeedbackRating
from services.callers import people
from services.clock import Clock
from services.conversations.rules import check_ratable, checked_comment
from services.mutations.refusals import NotFound


class FeedbackService:
    """Of each person, one rating of a reply: the newest."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def give(
        self, user_id: int, message_id: int, *, rating: FeedbackRating | None, comment: str | None
    ) -> Row:
        """Rate a reply, or take back without a rating what was given; returns the reply.

        Raises `PersonUnknown`, `InvalidInput`, `NotFound`, and `Conflict` while it is written.
        """
        chosen = checked_comment(comment, rating)
        now = self._clock()
        async with self._database.begin() as transaction:
            locked = people.require_person(await feedback.lock(transaction, user_id, message_id))
            if locked["id"] is None:
                raise NotFound("There is no such message.", field="messageId")
            check_ratable(locked["role"], locked["status"])
            # A separate statement sees what was given by a transaction that held the lock before.
            await feedback.give(
                transaction, user_id, message_id, rating=rating, comment=chosen, now=now
            )
        return locked

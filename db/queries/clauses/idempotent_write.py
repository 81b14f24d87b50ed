"""CTEs of one statement that does all of a mutation: lock the person, claim the key, write.

    WITH person AS (…), claim AS (INSERT …), done AS (INSERT …)
    SELECT done.* FROM person LEFT JOIN done ON true

The statement returns no row if there is no such person, and one row of nulls if nothing was done:
the key was used before, or the row to change does not exist. All CTEs see the database as it was
when the statement began; later commits of others are visible only in rows that a CTE locks or
changes, and in unique indexes that it inserts into. A decision on rows that others may be adding,
such as their number, therefore needs a transaction whose first statement locks.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    Sequence,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.tables import EnterpriseIdempotencyKey, IdempotencyKey, Table, User


def locked_person(*, is_exclusive: bool = False) -> CTE:
    """The person `user_id`, locked against erasure until the transaction ends.

    An exclusive lock also waits for other exclusive locks of the person.
    """
    return (
        select(User.id)
        .where(User.id == bindparam("user_id"), User.erasure_began_at.is_(None))
        .with_for_update(key_share=True, read=not is_exclusive)
        .cte("person")
    )


def claimed_key(person: CTE, **result_ids: ColumnElement[int]) -> CTE:
    """Insert the person's idempotency `key` and `fingerprint`, with `result_ids` as its result.

    Returns the key's `id` and the ids; no row if the key was used before. Waits for a concurrent
    transaction that inserts the same key.
    """
    use = select(
        person.c.id,
        bindparam("key", type_=Text),
        bindparam("fingerprint", type_=LargeBinary),
        bindparam("now", type_=IdempotencyKey.created_at.type),
        _result(result_ids),
    )
    columns = ["user_id", "key", "fingerprint", "created_at", "result"]
    return (
        insert(IdempotencyKey)
        .from_select(columns, use)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.id, *map(_stored_id, result_ids))
        .cte("claim")
    )


def stored_result(user: ColumnElement[int], **ids: ColumnElement[int]) -> CTE:
    """Store ids as the result of the idempotency key that `user` claimed before as `claim_id`.

    Stores nothing if the rows that the ids come from do not exist.
    """
    is_users = IdempotencyKey.user_id == user
    return _stored_result(IdempotencyKey, is_users, IdempotencyKey.id, ids)


def stored_result_of_account(account: ColumnElement[int], **ids: ColumnElement[int]) -> CTE:
    """Like `stored_result`, of a company's key."""
    is_accounts = EnterpriseIdempotencyKey.enterprise_account_id == account
    return _stored_result(EnterpriseIdempotencyKey, is_accounts, EnterpriseIdempotencyKey.id, ids)


# Any: a column of type bigint.
def _stored_result(
    table: type[Table],
    is_callers: ColumnElement[bool],
    key: Any,
    ids: Mapping[str, ColumnElement[int]],
) -> CTE:
    is_claim = key == bindparam("claim_id", type_=BigInteger)
    return update(table).where(is_callers, is_claim).values(result=_result(ids)).cte("kept")


def next_id(table: type[Table]) -> ColumnElement[int]:
    """The next id of the table, for a row that other rows of the same statement refer to."""
    return Sequence(f"{table.__tablename__}_id_seq", data_type=BigInteger).next_value()


def result_for(person: CTE, done: CTE) -> Select[tuple[object, ...]]:
    """Select the row that was `done` for the person, or nulls."""
    return select(*done.c).select_from(person.outerjoin(done, true()))


def _result(ids: Mapping[str, ColumnElement[int]]) -> ColumnElement[object]:
    parts = [part for name, value in ids.items() for part in (literal_column(f"'{name}'"), value)]
    return func.jsonb_build_object(*parts)


def _stored_id(name: str) -> ColumnElement[int]:
    stored = IdempotencyKey.result.op("->>")(literal_column(f"'{name}'"))
    return stored.cast(BigInteger).label(name)

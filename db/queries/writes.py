"""The parts of a statement that does for a person all of what is asked: held, claimed, answered.

    WITH person AS (…), claim AS (INSERT …), done AS (INSERT …)
    SELECT done.* FROM person LEFT JOIN done ON true

It gives no row where there is no such person, and one of nulls where nothing was done: the key was
used before, or what was to be changed is not there. All parts see the database as it was when the
statement began; what others have committed since they see only in a row that they lock or change,
and in a unique index that they insert into. So what is decided by rows that others may be adding,
as by how many there are, needs a transaction whose first statement locks.
"""

from collections.abc import Mapping

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

from db.tables import IdempotencyKey, Table, User


def held_person(*, is_exclusive: bool = False) -> CTE:
    """The person `user_id`, who is not erased until the transaction ends.

    Whoever holds a person exclusively excludes others who do.
    """
    return (
        select(User.id)
        .where(User.id == bindparam("user_id"), User.erasure_began_at.is_(None))
        .with_for_update(key_share=True, read=not is_exclusive)
        .cte("person")
    )


def claimed_key(person: CTE, **kept: ColumnElement[int]) -> CTE:
    """The person's `key` with its `fingerprint`: its `id`, and the ids `kept` as what came of it.

    No row where the key was used before. A transaction that is using it is waited for.
    """
    use = select(
        person.c.id,
        bindparam("key", type_=Text),
        bindparam("fingerprint", type_=LargeBinary),
        bindparam("now", type_=IdempotencyKey.created_at.type),
        _result(kept),
    )
    columns = ["user_id", "key", "fingerprint", "created_at", "result"]
    return (
        insert(IdempotencyKey)
        .from_select(columns, use)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.id, *map(_kept, kept))
        .cte("claim")
    )


def kept(**ids: ColumnElement[int]) -> CTE:
    """Keeps ids as what came of the key that was claimed before as `claim_id`.

    Nothing is kept where the rows that they come from are not there.
    """
    is_claim = IdempotencyKey.id == bindparam("claim_id", type_=BigInteger)
    return update(IdempotencyKey).where(is_claim).values(result=_result(ids)).cte("kept")


def next_id(table: type[Table]) -> ColumnElement[int]:
    """The id that a new row of the table gets, where other rows of the statement need it too."""
    return Sequence(f"{table.__tablename__}_id_seq", data_type=BigInteger).next_value()


def answer(person: CTE, done: CTE) -> Select[tuple[object, ...]]:
    """What was `done` for the person."""
    return select(*done.c).select_from(person.outerjoin(done, true()))


def _result(ids: Mapping[str, ColumnElement[int]]) -> ColumnElement[object]:
    parts = [part for name, value in ids.items() for part in (literal_column(f"'{name}'"), value)]
    return func.jsonb_build_object(*parts)


def _kept(name: str) -> ColumnElement[int]:
    stored = IdempotencyKey.result.op("->>")(literal_column(f"'{name}'"))
    return stored.cast(BigInteger).label(name)

"""What every table shares: the naming of constraints and the column types."""

from typing import Annotated

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    text,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """The declarative base; its metadata is what Alembic compares with the database."""

    metadata = MetaData(naming_convention=NAMING)


identity = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
"""The id of a row that belongs to everybody, or of a person or a company itself."""
numbered = Annotated[int, mapped_column(BigInteger, Identity(always=False))]
"""The id of a row of a person or a company: its key begins with whose it is."""
instant = DateTime(timezone=True)
now = text("now()")


def one_of(column: str, *values: str) -> CheckConstraint:
    """A check that `column` holds one of the literal `values`."""
    literals = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({literals})", column)


def of_user(column: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """`column` refers to a row of `target` that belongs to the same person."""
    return ForeignKeyConstraint(
        ["user_id", column], [f"{target}.user_id", f"{target}.id"], ondelete=ondelete
    )


def of_account(column: str, target: str) -> ForeignKeyConstraint:
    """`column` refers to a row of `target` that belongs to the same company."""
    return ForeignKeyConstraint(
        ["enterprise_account_id", column], [f"{target}.enterprise_account_id", f"{target}.id"]
    )

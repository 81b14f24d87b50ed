"""Small tables that say whose a row is, for those who know only what is unique across people.

A trigger of the table that has the rows keeps them, so that no statement can forget to.
"""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table


class PrivacyRequestOwner(Table):
    """Whose a privacy request is: receipts and operators know its id alone."""

    __tablename__ = "privacy_request_owners"

    request_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)

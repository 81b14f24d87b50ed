"""Arrays that are bound, as tables that can be selected from and joined to."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam, column, func
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine


def unnested(parameter: str) -> TableValuedAlias:
    """The bigint array bound to `parameter`, as a table with the one column `id`."""
    ids = func.unnest(bindparam(parameter, type_=ARRAY(BigInteger)))
    return ids.table_valued(column("id", BigInteger), name="parent").render_derived(name="parent")


def unnested_columns(
    name: str, **columns: type[TypeEngine[Any]] | TypeEngine[Any]
) -> TableValuedAlias:
    """Arrays of one length, each bound to the name of its column, as a table called `name`."""
    arrays = [bindparam(one, type_=ARRAY(type_)) for one, type_ in columns.items()]
    names = [column(one, type_) for one, type_ in columns.items()]
    return func.unnest(*arrays).table_valued(*names, name=name).render_derived(name=name)

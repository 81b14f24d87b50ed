"""A list of ids as a table that lateral subqueries can be joined to."""

from sqlalchemy import ARRAY, BigInteger, bindparam, column, func
from sqlalchemy.sql.selectable import TableValuedAlias


def unnested(parameter: str) -> TableValuedAlias:
    """The bigint array bound to `parameter`, as a table with the one column `id`."""
    ids = func.unnest(bindparam(parameter, type_=ARRAY(BigInteger)))
    return ids.table_valued(column("id", BigInteger), name="parent").render_derived(name="parent")

"""Proves that statements name whose rows they are about, on the tree of PostgreSQL's own parser.

A distributed table is bound if its distribution column equals a parameter, one of an array's
elements, or a column of something that is bound itself: another table, a lookup, or the result of
another part of the statement. Conditions count where all of them must hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pglast import ast, enums, parse_sql

from perf.distribution.scope import Origin, Scope
from perf.distribution.tables import DISTRIBUTED

Outputs: TypeAlias = dict[str, Origin | None]
# Any: the parser's classes say of each of their members that it may be anything, or missing.
Node: TypeAlias = Any


@dataclass(slots=True)
class Use:
    """A distributed table in a statement, and what its distribution column is bound to."""

    table: str
    origin: Origin | None
    is_locked: bool = False
    is_changed: bool = False


@dataclass(slots=True)
class Reading:
    """What was found in a statement."""

    uses: list[Use] = field(default_factory=list)
    rehomed: list[str] = field(default_factory=list)
    """Tables whose distribution column is assigned to."""


def read(sql: str, names: tuple[str, ...]) -> Reading:
    """Read a statement whose parameters are called `names`."""
    reader = _Reader(names)
    for raw in parse_sql(sql):
        reader.query(raw.stmt, None, {})
    return reader.reading


class _Reader:
    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self.reading = Reading()

    def query(self, node: Node, parent: Scope | None, known: dict[str, Outputs]) -> Outputs:
        """Read one query, and return where its columns come from."""
        ctes = dict(known)
        for cte in node.withClause.ctes if getattr(node, "withClause", None) else ():
            if node.withClause.recursive and getattr(cte.ctequery, "larg", None):
                # What it begins with is what it goes on with.
                ctes[cte.ctename] = _named(cte, self.query(cte.ctequery.larg, parent, ctes))
            ctes[cte.ctename] = _named(cte, self.query(cte.ctequery, parent, ctes))
        scope = Scope(parent)
        match type(node).__name__:
            case "SelectStmt":
                return self._select(node, scope, ctes)
            case "InsertStmt":
                return self._insert(node, scope, ctes)
            case "UpdateStmt":
                return self._change(node, scope, ctes, node.fromClause)
            case "DeleteStmt":
                return self._change(node, scope, ctes, node.usingClause)
        raise ValueError(f"a statement of another kind: {type(node).__name__}")

    def _select(self, node: Node, scope: Scope, ctes: dict[str, Outputs]) -> Outputs:
        if node.op != enums.SetOperation.SETOP_NONE:
            left = self.query(node.larg, scope.parent, ctes)
            right = self.query(node.rarg, scope.parent, ctes)
            pairs = zip(left.items(), right.values(), strict=True)
            return {name: one and other and one.of_many() for (name, one), other in pairs}
        self._sources(node.fromClause or (), scope, ctes, node.whereClause)
        self._subqueries(node, scope, ctes)
        self._note(scope, is_locked=bool(node.lockingClause))
        if node.valuesLists:
            return self._values(node.valuesLists, scope, ctes)
        return self._outputs(node.targetList or (), scope, ctes)

    def _insert(self, node: Node, scope: Scope, ctes: dict[str, Outputs]) -> Outputs:
        table = node.relation.relname
        given = self.query(node.selectStmt, scope.parent, ctes)
        scope.tables[table] = table
        for column, origin in zip(node.cols or (), given.values(), strict=True):
            if origin is not None:
                scope.bind((table, column.name), origin)
        self._note(scope, is_changed=True)
        return self._returned(node, scope, ctes)

    def _change(
        self,
        node: Node,
        scope: Scope,
        ctes: dict[str, Outputs],
        others: tuple[Node, ...] | None,
    ) -> Outputs:
        table = node.relation.relname
        scope.tables[node.relation.alias.aliasname if node.relation.alias else table] = table
        self._sources(others or (), scope, ctes, node.whereClause)
        self._subqueries(node, scope, ctes)
        self._note(scope, is_changed=True)
        assigned = {one.name for one in getattr(node, "targetList", None) or ()}
        if DISTRIBUTED.get(table) in assigned:
            self.reading.rehomed.append(table)
        return self._returned(node, scope, ctes)

    def _note(self, scope: Scope, *, is_locked: bool = False, is_changed: bool = False) -> None:
        self.reading.uses += [
            Use(table, origin, is_locked, is_changed) for table, origin in scope.distributed()
        ]

    def _sources(
        self, nodes: tuple[Node, ...], scope: Scope, ctes: dict[str, Outputs], where: Node
    ) -> None:
        """Read what a query reads from, and its conditions; what is lateral comes after these."""
        laterals: list[Node] = []
        conditions = [where]
        for node in nodes:
            self._source(node, scope, ctes, laterals, conditions)
        for condition in conditions:
            self._conditions(condition, scope, ctes)
        for lateral in laterals:
            scope.outputs[lateral.alias.aliasname] = self.query(lateral.subquery, scope, ctes)
            for condition in conditions:
                self._conditions(condition, scope, ctes)

    def _source(
        self,
        node: Node,
        scope: Scope,
        ctes: dict[str, Outputs],
        laterals: list[Node],
        conditions: list[Node],
    ) -> None:
        match type(node).__name__:
            case "JoinExpr":
                self._source(node.larg, scope, ctes, laterals, conditions)
                self._source(node.rarg, scope, ctes, laterals, conditions)
                if node.jointype != enums.JoinType.JOIN_FULL:
                    conditions.append(node.quals)
            case "RangeVar":
                name = node.alias.aliasname if node.alias else node.relname
                if node.relname in ctes:
                    scope.outputs[name] = ctes[node.relname]
                else:
                    scope.tables[name] = node.relname
            case "RangeSubselect" if node.lateral:
                scope.outputs[node.alias.aliasname] = {}
                laterals.append(node)
            case "RangeSubselect":
                scope.outputs[node.alias.aliasname] = self.query(node.subquery, scope.parent, ctes)
            case "RangeFunction":
                origin = self._origin_within(node.functions, scope)
                columns = [one.sval for one in node.alias.colnames or ()]
                columns += [one.colname for one in node.coldeflist or ()]
                scope.outputs[node.alias.aliasname] = dict.fromkeys(columns, origin)

    def _conditions(self, node: Node | None, scope: Scope, ctes: dict[str, Outputs]) -> None:
        for one in _conjuncts(node):
            if isinstance(one, ast.A_Expr) and _is_equality(one):
                self._equality(one, scope, ctes)
            elif isinstance(one, ast.SubLink):
                self._membership(one, scope, ctes)

    def _equality(self, node: Node, scope: Scope, ctes: dict[str, Outputs]) -> None:
        for one, other in ((node.lexpr, node.rexpr), (node.rexpr, node.lexpr)):
            place = self._own(one, scope)
            if place is None:
                continue
            twin = self._own(other, scope)
            if twin is not None:
                scope.unite(place, twin)
            elif (origin := self._origin(other, scope, ctes)) is not None:
                is_any = node.kind == enums.A_Expr_Kind.AEXPR_OP_ANY
                scope.bind(place, origin.of_many() if is_any else origin)

    def _membership(self, node: Node, scope: Scope, ctes: dict[str, Outputs]) -> None:
        """`(one, other) IN (SELECT …)`."""
        if node.subLinkType != enums.SubLinkType.ANY_SUBLINK or node.operName:
            return
        given = _Reader(self._names).query(node.subselect, scope, ctes).values()
        row = isinstance(node.testexpr, ast.RowExpr)
        for one, origin in zip(node.testexpr.args if row else (node.testexpr,), given, strict=True):
            place = self._own(one, scope)
            if place is not None and origin is not None:
                scope.bind(place, origin.of_many())

    def _own(self, node: Node, scope: Scope) -> tuple[str, str] | None:
        """The place of a column of this very query."""
        if not isinstance(node, ast.ColumnRef):
            return None
        found = scope.place(_fields(node))
        return found[1] if found is not None and found[0] is scope else None

    def _origin(self, node: Node, scope: Scope, ctes: dict[str, Outputs]) -> Origin | None:
        match type(node).__name__:
            case "ParamRef":
                return Origin(self._names[node.number - 1], is_single=True)
            case "TypeCast":
                return self._origin(node.arg, scope, ctes)
            case "ColumnRef":
                found = scope.place(_fields(node))
                return None if found is None else found[0].origin(found[1])
            case "SubLink" if node.subLinkType in {
                enums.SubLinkType.EXPR_SUBLINK,
                enums.SubLinkType.ARRAY_SUBLINK,
            }:
                return next(iter(_Reader(self._names).query(node.subselect, scope, ctes).values()))
        return None

    def _origin_within(self, nodes: object, scope: Scope) -> Origin | None:
        """Of what a function makes of parameters, or of columns with a known origin."""
        found = _outermost(nodes, ast.ParamRef, ast.ColumnRef)
        origins = [self._origin(one, scope, {}) for one in found]
        return origins[0].of_many() if origins and origins[0] is not None else None

    def _subqueries(self, node: Node, scope: Scope, ctes: dict[str, Outputs]) -> None:
        """Read the subqueries in the expressions of a query; those in FROM and WITH are read."""
        for name in ("targetList", "whereClause", "returningClause", "havingClause", "sortClause"):
            for link in _outermost(getattr(node, name, None), ast.SubLink):
                self.query(link.subselect, scope, ctes)

    def _values(
        self, rows: tuple[tuple[Node, ...], ...], scope: Scope, ctes: dict[str, Outputs]
    ) -> Outputs:
        return {
            f"column{place}": self._origin(value, scope, ctes)
            for place, value in enumerate(rows[0], 1)
        }

    def _outputs(
        self, targets: tuple[Node, ...], scope: Scope, ctes: dict[str, Outputs]
    ) -> Outputs:
        outputs: Outputs = {}
        for place, target in enumerate(targets):
            if isinstance(target.val, ast.ColumnRef) and _fields(target.val)[-1] == "*":
                outputs |= scope.everything()
                continue
            name = target.name or (
                _fields(target.val)[-1] if isinstance(target.val, ast.ColumnRef) else f"?{place}"
            )
            key = name if name not in outputs else f"{name}?{place}"
            origin = self._origin(target.val, scope, ctes)
            if isinstance(target.val, ast.FuncCall):
                origin = self._origin_within(target.val, scope)
            outputs[key] = origin
        return outputs

    def _returned(self, node: Node, scope: Scope, ctes: dict[str, Outputs]) -> Outputs:
        returning = node.returningClause
        return self._outputs(returning.exprs, scope, ctes) if returning else {}


def _named(cte: Node, outputs: Outputs) -> Outputs:
    """The outputs of a CTE under the names that it gives them."""
    if not cte.aliascolnames:
        return outputs
    return dict(zip((one.sval for one in cte.aliascolnames), outputs.values(), strict=True))


def _outermost(node: Node, *types: type) -> Iterator[Node]:
    """The outermost nodes of some types; not those within subqueries."""
    if isinstance(node, tuple):
        for one in node:
            yield from _outermost(one, *types)
    elif isinstance(node, types):
        yield node
    elif isinstance(node, ast.Node) and not isinstance(node, ast.SelectStmt):
        for name in node:
            yield from _outermost(getattr(node, name), *types)


def _conjuncts(node: Node) -> Iterator[Node]:
    """The conditions that must all hold."""
    if type(node).__name__ == "BoolExpr" and node.boolop == enums.BoolExprType.AND_EXPR:
        for one in node.args:
            yield from _conjuncts(one)
    elif node is not None:
        yield node


def _is_equality(node: Node) -> bool:
    kinds = {enums.A_Expr_Kind.AEXPR_OP, enums.A_Expr_Kind.AEXPR_OP_ANY}
    return node.kind in kinds and [one.sval for one in node.name] == ["="]


def _fields(node: Node) -> tuple[str, ...]:
    return tuple(str(one.sval) if isinstance(one, ast.String) else "*" for one in node.fields)

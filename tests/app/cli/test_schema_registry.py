"""`guidance schema check --registry` asks a registry of Hive's kind."""

from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import guidance as commands
from gql.build import schema
from tests.fixtures.outside.schema_registry import SchemaRegistry
from tests.fixtures.servers.server import SECRET

TOKEN = "the-token-of-the-registry"
BREAKING = {"message": "Field 'Plan.code' was removed", "criticality": "Breaking"}
SAFE = {"message": "Field 'Plan.colour' was added", "criticality": "Safe"}


def checked(endpoint: str | None, *arguments: str) -> tuple[int, str]:
    """The exit status of the command, and what it says."""
    environment = {"JWT_SECRET_KEY": SECRET, "HIVE_TOKEN": TOKEN}
    if endpoint is not None:
        environment["HIVE_REGISTRY_ENDPOINT"] = endpoint
    ran = CliRunner().invoke(commands, ["schema", "check", *arguments], env=environment)
    return ran.exit_code, ran.output


def test_a_registry_that_accepts_the_schema(schema_registry: SchemaRegistry) -> None:
    schema_registry.check = {
        "data": {
            "schemaCheck": {
                "__typename": "SchemaCheckSuccess",
                "valid": True,
                "changes": {"nodes": [SAFE]},
            }
        }
    }
    status, said = checked(f"{schema_registry.url}/graphql", "--registry")
    assert (status, said) == (
        0,
        "registry: safe: Field 'Plan.colour' was added\nThe registry accepts it: changes: 1.\n",
    )
    (asked,) = schema_registry.reports
    assert asked["variables"] == {"input": {"sdl": schema().as_str()}}
    assert asked["operationName"] == "schemaCheck"
    assert schema_registry.fields[0]["authorization"] == f"Bearer {TOKEN}"


def test_a_registry_that_refuses_it(schema_registry: SchemaRegistry) -> None:
    schema_registry.check = {
        "data": {
            "schemaCheck": {
                "__typename": "SchemaCheckError",
                "valid": False,
                "changes": {"nodes": [BREAKING]},
                "errors": {"nodes": [{"message": "breaks the client web"}]},
            }
        }
    }
    status, said = checked(f"{schema_registry.url}/graphql", "--registry")
    assert status == 1
    assert said.splitlines() == [
        "registry: breaking: Field 'Plan.code' was removed",
        "registry: error: breaks the client web",
        "Error: the registry refuses it: errors: 1",
    ]


# Any: what is answered may be anything.
@pytest.mark.parametrize(
    ("answered", "status", "said"),
    [
        (
            {"errors": [{"message": "No\naccess"}]},
            200,
            "Error: the registry refused the check: No access",
        ),
        ({"data": None}, 200, "Error: the registry answered with status 200 and no check"),
        ([], 404, "Error: the registry answered with status 404 and no check"),
        ("nonsense", 502, "Error: the registry answered with status 502 and no check"),
    ],
)
def test_a_registry_that_answers_otherwise(
    schema_registry: SchemaRegistry, answered: Any, status: int, said: str
) -> None:
    schema_registry.check, schema_registry.status = answered, status
    assert checked(f"{schema_registry.url}/graphql", "--registry") == (1, f"{said}\n")


def test_a_registry_that_is_not_there() -> None:
    assert checked("http://127.0.0.1:1/graphql", "--registry") == (
        1,
        "Error: the registry cannot be asked: ConnectError\n",
    )
    status, said = checked(None, "--registry")
    assert (status, said) == (1, "Error: HIVE_REGISTRY_ENDPOINT says which registry is asked\n")


def test_nothing_to_compare_with() -> None:
    status, said = checked(None)
    assert status == 2
    assert "Name a schema to compare with, or --registry." in said

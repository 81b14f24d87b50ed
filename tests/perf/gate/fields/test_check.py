"""Every field of the schema, over many parents, runs statements that do not grow with them."""

from pathlib import Path

from perf.gate.fields.coverage import UNREACHABLE
from perf.gate.fields.documents.schema import fields
from perf.gate.gate import check_types


async def test_every_field_is_reached_and_keeps_to_its_statements(
    crowd: str, tmp_path: Path
) -> None:
    judged = await check_types(crowd, tmp_path)
    assert [str(one) for one in judged.findings] == []
    reachable = [
        name for name, of_type in fields().items() if name not in UNREACHABLE for _ in of_type
    ]
    assert judged.fields >= len(reachable)

"""The pipeline files of the documentation are valid."""

import re
from pathlib import Path

from fairlead.modules.pipelines.definition.form import plan_of
from fairlead.modules.pipelines.definition.nodes import parse

DOCUMENT = Path(__file__).parents[4] / "docs" / "pipelines.md"
EXAMPLE = re.compile(r"```yaml\n(version: 1\n.*?)```", re.DOTALL)


def test_documented_files_are_valid() -> None:
    examples = EXAMPLE.findall(DOCUMENT.read_text())
    plans = [plan_of(parse(text.encode(), "docs")) for text in examples]

    assert len(plans) == 2
    assert all(plan.workloads for plan in plans)

"""Workflow files are pure: what a replay would do differently is not in them."""

from pathlib import Path

import pytest

import fairlead
from fairlead.adapters.engine.lint import lint

SOURCE = Path(fairlead.__file__).parent
PACKAGE = "fairlead.modules.blog"
FILES = sorted([*SOURCE.rglob("workflows.py"), *SOURCE.rglob("workflows/*.py")])

GOOD = '''"""Publishing a post."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.kernel.engine import Call, Json, Steps, Workflow
from fairlead.kernel.errors import FairleadError
from fairlead.modules.blog.domain import Post
from fairlead.modules.blog.public import PostId


async def publish(steps: Steps, argument: Json) -> Json:
    for name in sorted({"b", "a"}):
        await steps.run(Call(activity=name, argument=argument), key=name)


PUBLISH = Workflow(name="blog.publish", function=publish)
'''


@pytest.mark.parametrize("path", FILES, ids=[str(f.relative_to(SOURCE)) for f in FILES])
def test_workflow_files_are_pure(path: Path) -> None:
    """No clock, chance, input, output or concurrency of its own."""
    parts = path.relative_to(SOURCE.parent).parts
    package = ".".join(parts[: parts.index("fairlead") + 3])

    assert lint(path.read_text(encoding="utf-8"), package) == []


def test_pure_files_pass() -> None:
    """What workflows need is allowed."""
    assert lint(GOOD, PACKAGE) == []


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        ("import asyncio\nasyncio.gather()", "steps.graph"),
        ("from asyncio import create_task", "steps.graph"),
        ("from asyncio import TaskGroup, wait", "steps.graph"),
        ("import time\ntime.time()", "clock"),
        ("from datetime import datetime", "clock"),
        ("from fairlead.kernel.clock import Clock", "clock"),
        ("from fairlead.kernel import ids", "new id"),
        ("from fairlead.kernel.ids import new_id", "new id"),
        ("import random", "chance"),
        ("from uuid import uuid4", "chance"),
        ("import secrets", "chance"),
        ("import os.path", "outside"),
        ("open('/etc/passwd')", "`open`"),
        ("print('hello')", "`print`"),
        ("hash('a')", "`hash`"),
        ("exec('import os')", "`exec`"),
        ("__import__('os')", "`__import__`"),
        ("import pathlib", "pathlib"),
        ("import fairlead.modules.blog.sql", "blog.sql"),
        ("from fairlead.modules.blog.activities import X", "blog.activities"),
        ("from fairlead.modules.blog import use_cases", "use_cases"),
        ("from fairlead.modules.pipelines.public import X", "pipelines.public"),
        ("from fairlead.modules.blog.publicity import X", "publicity"),
        ("from .sql import X", "relative"),
        ("def f():\n    import socket", "socket"),
        ("def f():\n    global x", "shared"),
        ("for x in {'a', 'b'}:\n    pass", "set"),
        ("[x for x in set('ab')]", "set"),
    ],
)
def test_planted_impurities_are_found(planted: str, word: str) -> None:
    """Each is found at its line, with what to do instead."""
    findings = lint(GOOD + planted, PACKAGE)

    assert len(findings) == 1
    assert word in findings[0].message
    assert findings[0].line > GOOD.count("\n")

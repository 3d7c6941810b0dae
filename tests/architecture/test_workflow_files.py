"""Workflow files are pure: what a replay would do differently is not in them."""

from pathlib import Path

import pytest

import fairlead
from fairlead.adapters.engine.imports import installed
from fairlead.adapters.engine.lint import lint, lint_tree, lint_workflow
from fairlead.kernel.engine import Json, Steps, Workflow

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
from fairlead.modules.blog.public import PostId, PostKind

LIMITS = (("draft", 1), ("post", 2))


class _Publishing:
    """Keeps its steps."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps
        self.names = ["a"]

    async def go(self) -> None:
        await self._steps.sleep(1.0, key="nap")


async def publish(steps: Steps, argument: Json) -> Json:
    for name in sorted({"b", "a"}):
        await steps.run(Call(activity=name, argument=argument), key=name)


PUBLISH = Workflow(name="blog.publish", function=publish)
'''

BLOG = {
    "domain": "import os\nfrom datetime import datetime\n\nclass Post:\n    pass\n",
    "public": (
        "import sys\nfrom datetime import datetime\n"
        "from fairlead.modules.blog.domain import Post, os\n"
        "from fairlead.modules.blog.domain import Post as PostKind\n"
        "PostId = str\nnow = datetime.now\n"
    ),
}


def blog(module: str) -> str | None:
    """Return the source of the blog, or of what is installed."""
    parent, _, name = module.rpartition(".")
    return BLOG.get(name) if parent == PACKAGE else installed(module)


@pytest.mark.parametrize("path", FILES, ids=[str(f.relative_to(SOURCE)) for f in FILES])
def test_workflow_files_are_pure(path: Path) -> None:
    """No clock, chance, input, output or concurrency of its own."""
    parts = path.relative_to(SOURCE.parent).parts
    package = ".".join(parts[: parts.index("fairlead") + 3])

    assert lint(path.read_text(encoding="utf-8"), package) == []


def test_pure_files_pass() -> None:
    """What workflows need is allowed."""
    assert lint(GOOD, PACKAGE, blog) == []


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
        ("list({'a', 'b'})", "set"),
        ("','.join({'a', 'b'})", "set"),
        ("[*{'a', 'b'}]", "set"),
        ("def f():\n    x = {1}\n    for y in x | {2}:\n        pass", "set"),
        ("def f(x: set[str]):\n    return list(x)", "set"),
        ("from fairlead.modules.blog.public import datetime", "`datetime`"),
        ("from fairlead.modules.blog.public import sys", "`sys`"),
        ("from fairlead.modules.blog.public import os", "`os`"),
        ("from fairlead.modules.blog.public import now", "`now`"),
        ("from fairlead.modules.blog.public import Missing", "`Missing`"),
        ("from fairlead.modules.blog import public", "write `from"),
        ("from fairlead.kernel.engine import asyncio", "steps.graph"),
        ("from fairlead.kernel import engine", "write `from"),
        ("from typing import sys", "`sys`"),
        ("from typing import *", "`*`"),
        ("import dataclasses", "write `from"),
        ("from dataclasses import sys", "`sys`"),
        ("from enum import sys", "`sys`"),
        ("__builtins__['open']", "`__builtins__`"),
        ("getattr(object, 'x')", "`getattr`"),
        ("def f(steps):\n    return steps._run", "`._run`"),
        ("def f(steps):\n    return steps.run.__globals__", "`.__globals__`"),
        ("class A:\n    def f(self):\n        self.__class__", "`.__class__`"),
        ("SEEN = []", "share"),
        ("SEEN: object = {}", "share"),
        ("SEEN = set()", "share"),
        ("class A:\n    seen = {'a': 1}", "share"),
        ("def f(x=[]):\n    pass", "share"),
    ],
)
def test_planted_impurities_are_found(planted: str, word: str) -> None:
    """Each is found at its line, with what to do instead."""
    findings = lint(GOOD + planted, PACKAGE, blog)

    assert len(findings) == 1
    assert word in findings[0].message
    assert findings[0].line > GOOD.count("\n")


def test_folders_are_looked_through(tmp_path: Path) -> None:
    """Each finding has its place; other files are left alone."""
    folder = tmp_path / "shop" / "workflows"
    folder.mkdir(parents=True)
    (folder / "sell.py").write_text("import time\n", encoding="utf-8")
    (tmp_path / "shop" / "sql.py").write_text("import time\n", encoding="utf-8")

    (found,) = lint_tree(tmp_path)

    assert found.startswith(f"{folder / 'sell.py'}:1: importing `time`")


async def impure(steps: Steps, argument: Json) -> Json:
    """Stand in a file that imports what workflows may not."""


def test_workflows_of_loaded_modules_are_looked_up() -> None:
    """What counts is the file that the function is in."""
    found = list(lint_workflow(Workflow(name="test.impure", function=impure)))

    assert any("importing `pathlib`" in line for line in found)

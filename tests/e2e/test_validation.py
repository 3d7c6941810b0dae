"""`fairlead modules validate` looks at what plugins bring along."""

from pathlib import Path

from fairlead.testing.server import TestServer

PLUGIN = {
    "__init__.py": '"""Sells."""\n',
    "module.yaml": "name: shop\nversion: 1.0.0\nsummary: Sells\n",
    "public.py": "import datetime\n",
    "module.py": (
        "from pathlib import Path\n"
        "from fairlead.adapters.engine.part import EnginePart\n"
        "from fairlead.adapters.manifests.reader import read_manifest\n"
        "from fairlead.kernel.module import Module\n"
        "from shop.workflows import FLOWS\n"
        "MODULE = Module(\n"
        '    manifest=read_manifest(Path(__file__).with_name("module.yaml")),\n'
        "    parts=(EnginePart(workflows=FLOWS, activities=()),),\n"
        ")\n"
    ),
    "workflows.py": (
        "from fairlead.kernel.engine import Workflow\n"
        "{planted}\n"
        "async def sell(steps, argument):\n"
        "    return argument\n"
        'FLOWS = (Workflow(name="shop.sell", function=sell),)\n'
    ),
}


def test_workflows_of_plugins_are_checked(tmp_path: Path) -> None:
    """A clock in one is told with its place; without it all fits together."""
    server = TestServer(tmp_path)
    folder = server.home / "plugins" / "shop"
    folder.mkdir(parents=True)
    said = []
    for planted in ("from shop.public import datetime", ""):
        for name, text in PLUGIN.items():
            (folder / name).write_text(text.replace("{planted}", planted))
        said.append(server.run("modules", "validate"))

    assert said[0].exit_code == 2
    assert "shop.workflows, line 2: importing `datetime`" in said[0].err
    assert said[1].exit_code == 0, said[1].err
    assert "fit together" in said[1].out + said[1].err

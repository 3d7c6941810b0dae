"""A platform with pipelines, in a folder of the test."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from tests.integration.modules.pipelines.rig import Rig, build, repository


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    """One platform for all tests of a file: each has a project of its own."""
    home = tmp_path_factory.mktemp("platform") / "home"
    rig = build(home, artifact_max_bytes=50_000_000)
    await rig.open()
    try:
        yield rig
    finally:
        await rig.close()


@pytest.fixture
def make(rig: Rig, tmp_path: Path) -> Callable[[str, Mapping[str, str]], Path]:
    """Return what makes a repository and a project `hello` of it."""
    rig.orders.clear()

    def make(pipeline: str, files: Mapping[str, str] | None = None) -> Path:
        content = {".fairlead.yaml": pipeline, **(files or {})}
        folder = repository(tmp_path / "repository", content)
        rig.shelf.put("hello", str(folder))
        return folder

    return make

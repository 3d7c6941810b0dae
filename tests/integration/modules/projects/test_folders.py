"""Which folders count as repositories."""

from pathlib import Path

from fairlead.modules.projects.folders import LocalFolders
from fairlead.testing.server import git, make_repository


async def test_working_copies_and_bare_repositories_count(tmp_path: Path) -> None:
    work = make_repository(tmp_path / "work", {"a": "1"})
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    (tmp_path / "notes").mkdir()
    folders = LocalFolders()

    assert await folders.is_repository(str(work))
    assert await folders.is_repository(str(work / ".git"))
    assert await folders.is_repository(str(bare))
    assert not await folders.is_repository(str(tmp_path / "notes"))
    assert not await folders.is_repository(str(tmp_path / "nothing"))

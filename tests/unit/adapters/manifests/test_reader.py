"""Reading module.yaml."""

from pathlib import Path

import pytest

from fairlead.adapters.manifests.generate import constants
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.kernel.module import BadModule, Route

GOOD = """\
name: blog
version: 0.1.0
requires: {authz: ">=1.0"}
permissions:
  blog.post.create: Write posts
routes:
  - {method: POST, path: /api/v1/blog/posts, permission: blog.post.create}
events: [blog.post.published]
"""


def read(tmp_path: Path, text: str) -> None:
    (tmp_path / "module.yaml").write_text(text)
    read_manifest(tmp_path / "module.yaml")


def test_manifest_is_read(tmp_path: Path) -> None:
    (tmp_path / "module.yaml").write_text(GOOD)
    manifest = read_manifest(tmp_path / "module.yaml")
    assert manifest.requires == {"authz": ">=1.0"}
    (route,) = manifest.routes
    assert route == Route(
        method="POST", path="/api/v1/blog/posts", permission="blog.post.create"
    )
    assert 'POST_CREATE = "blog.post.create"' in constants(manifest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: blog\nversion: x\n", "no version"),
        ("name: blog\nversion: 1\nrouts: []\n", "'routs' is no member"),
        ("name: Blog\nversion: '1'\n", "no module name"),
        ("- a\n", "Expected"),
        ("name: [\n", "cannot be read"),
    ],
)
def test_bad_manifests_are_refused_by_place(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(BadModule, match=words) as refused:
        read(tmp_path, text)
    assert "module.yaml" in refused.value.message


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadModule, match="is missing"):
        read_manifest(tmp_path / "module.yaml")

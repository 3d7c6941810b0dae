"""Names, repositories and branches: what is taken and what is refused."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fairlead.modules.projects.domain import (
    LocalRoots,
    as_id,
    check_branch,
    check_name,
    check_repository,
    etag,
    local_path,
)
from fairlead.modules.projects.public import BadProject, Project

UUID_TEXT = "01980000-0000-7000-8000-000000000001"


@pytest.mark.parametrize("name", ["a", "hello", "web-2", "2nd", "a" * 40, "x--y"])
def test_good_names_are_taken(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "-a",
            "a-",
            "A",
            "a_b",
            "a b",
            "a.b",
            "ä",
            "a" * 41,
            "a\n",
            "../x",
            "123",
        ),
        *(UUID_TEXT, UUID_TEXT.replace("-", ""), "new"),
    ],
)
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(BadProject):
        check_name(name)


@given(some.text())
def test_a_name_that_is_taken_is_never_an_id(name: str) -> None:
    """So a project can be looked up by name or id without doubt."""
    try:
        check_name(name)
    except BadProject:
        return
    assert as_id(name) is None


@pytest.mark.parametrize(
    "repository",
    [
        "/srv/git/hello",
        "/srv/with space/hello.git",
        "https://example.com/team/hello.git",
        "https://example.com:8443/hello",
        "http://[::1]:3000/hello",
        "ssh://git@example.com:22/hello.git",
        "ssh://example.com/~ada/hello",
        "git://example.com/hello.git",
        "git@example.com:team/hello.git",
        "git@example.com:/srv/hello.git",
        "file:///srv/git/hello",
    ],
)
def test_good_repositories_are_taken(repository: str) -> None:
    check_repository(repository)


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "  ",
        "hello",
        "./hello",
        "../hello",
        "~/hello",
        "C:\\hello",
        "--upload-pack=touch /tmp/x",
        "-u",
        "ext::sh -c id",
        "fd::17",
        "transport-x::https://example.com",
        "ftp://example.com/hello",
        "javascript://example.com/x",
        "://example.com/hello",
        "https://",
        "https:///hello",
        "https://example.com",
        "https://example.com/",
        "https://exa mple.com/hello",
        "https://example.com:port/hello",
        "https://[::1/hello",
        "ssh://-oProxyCommand=id/hello",
        "ssh://%2DoProxyCommand=id/hello",
        "ssh://-git@example.com/hello",
        "git@-oProxyCommand=id:hello",
        "-git@example.com:hello",
        "git@example.com:-hello",
        "example.com:hello",
        "file://host/srv/hello",
        "file://hello",
        "/srv/hel\x00lo",
        "/srv/hel\nlo",
        "https://example.com/hel\tlo",
        "/" + "a" * 1000,
    ],
)
def test_bad_repositories_are_refused(repository: str) -> None:
    with pytest.raises(BadProject):
        check_repository(repository)


@pytest.mark.parametrize(
    "start",
    [
        "https://ada:hunter2",
        "https://:hunter2",
        "https://ada:",
        "https://ghp_hunter2",
        "http://hunter2",
        "https://",
        "ssh://git:hunter2",
    ],
)
def test_passwords_and_tokens_in_urls_are_refused_and_not_repeated(start: str) -> None:
    """A token may stand where a user would; only SSH needs one there."""
    with pytest.raises(BadProject, match="credential helper") as refused:
        check_repository(f"{start}@example.com/hello")

    assert "hunter2" not in refused.value.message
    assert "credential helper" in refused.value.message


@pytest.mark.parametrize(
    "branch", ["", "main", "feature/x-1", "v1.0", "a@b", "ünicode"]
)
def test_good_branches_are_taken(branch: str) -> None:
    check_branch(branch)


@pytest.mark.parametrize(
    "branch",
    [
        *("-x", "/x", "x/", "x.", ".x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*"),
        *("a[", "a\\b", "a@{1}", "@", "a//b", "a/.b", "a.lock", "a.lock/b", "a\x7f"),
        "a" * 201,
    ],
)
def test_bad_branches_are_refused(branch: str) -> None:
    with pytest.raises(BadProject):
        check_branch(branch)


@pytest.mark.parametrize("check", [check_name, check_repository, check_branch])
@given(text=some.text())
def test_no_text_breaks_a_check(check: Callable[[str], None], text: str) -> None:
    """Whatever comes is taken or refused, never a bug."""
    with contextlib.suppress(BadProject):
        check(text)


@given(some.text(alphabet="htps:/@[]%-.x1 ").map(lambda rest: f"ssh://{rest}"))
def test_no_url_gives_git_an_option(repository: str) -> None:
    try:
        check_repository(repository)
    except BadProject:
        return
    assert not repository.removeprefix("ssh://").startswith(("-", "%"))


def test_the_etag_tells_what_can_be_edited() -> None:
    project = Project(
        id=UUID(int=1),
        name="hello",
        repository="/srv/hello",
        branch="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    assert etag(project) == etag(replace(project))
    assert etag(project) != etag(replace(project, branch="main"))
    assert etag(project) != etag(replace(project, repository="/srv/other"))


@pytest.mark.parametrize(
    ("path", "held"),
    [
        ("/srv/git", True),
        ("/srv/git/hello", True),
        ("/srv/git/./a/../hello/", True),
        ("/srv/github", False),
        ("/srv/git/../secret", False),
        ("/etc", False),
        ("/srv/git/data", False),
        ("/srv/git/data/work/x", False),
        ("/srv/git/data/examples/hello", True),
        ("/srv/git/data/examples/../keys", False),
        ("/srv/git/database", True),
    ],
)
def test_only_folders_below_the_roots_are_held(path: str, *, held: bool) -> None:
    """But not the server's own data, except for what it ships."""
    roots = LocalRoots(("/srv/git", "/opt/code/"), "/srv/git/data")

    assert roots.hold(path) is held


def test_any_folder_is_below_the_root_and_none_without_one() -> None:
    assert LocalRoots(("/",), "/data").hold("/srv/git")
    assert not LocalRoots(("/",), "/data").hold("/data/keys")
    assert not LocalRoots((), "/data").hold("/srv/git")


def test_file_urls_are_paths_of_this_machine() -> None:
    assert local_path("file:///srv/a%20b") == "/srv/a b"
    assert local_path("file://localhost/srv/a") == "/srv/a"
    assert local_path("https://example.com/srv/a") is None

"""What a project may be called, and which repositories and branches it may name."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from posixpath import normpath
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.modules.projects.public import BadProject, Project

SCHEMES = ("https", "http", "ssh", "git", "file")
MAX_REPOSITORY = 1_000
MAX_BRANCH = 200
EXAMPLES = "examples"
RESERVED = frozenset({"new"})  # a page of the console

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_SSH = re.compile(
    r"[A-Za-z0-9_][\w.-]*@(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:]+\]):[^-\s].*"
)
_USER = re.compile(r"[A-Za-z0-9_.~][A-Za-z0-9_.~%+-]*")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9A-Fa-f:.]+")
_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)")
_HOW = "Give an absolute path, or a URL that git clone takes."


class ProjectChanged(FairleadError):
    """The project was changed since the caller read it; read it again."""

    kind = ErrorKind.CONFLICT
    code = "projects.changed"


def check_name(name: str) -> None:
    """Refuse a name that is no name, or could be taken for an id.

    Raises:
        BadProject: the message says why.
    """
    if not _NAME.fullmatch(name):
        raise BadProject(
            "A project's name has 1 to 40 lowercase letters, digits and dashes, "
            "and neither begins nor ends with a dash.",
            name=name[:100],
        )
    if name.isdigit() or as_id(name) is not None:
        raise BadProject(
            f"'{name}' looks like an id: put a word into the name.", name=name
        )
    if name in RESERVED:
        raise BadProject(f"'{name}' is reserved: choose another name.", name=name)


def check_repository(repository: str) -> None:
    """Refuse what is neither an absolute path nor a URL that is safe to clone.

    Raises:
        BadProject: the message says why; a password in the URL is not repeated.
    """
    if not repository.strip():
        raise BadProject(f"The repository is missing. {_HOW}")
    if len(repository) > MAX_REPOSITORY or _CONTROL.search(repository):
        raise BadProject(
            f"A repository has at most {MAX_REPOSITORY} characters and no control "
            f"characters. {_HOW}"
        )
    if repository.startswith("-") or _HELPER.match(repository):
        raise BadProject(
            "Options and transport helpers (ext::…) are no repositories. " + _HOW
        )
    if "://" in repository:
        _check_url(repository)
    elif not repository.startswith("/") and not _SSH.fullmatch(repository):
        raise BadProject(
            f"'{repository}' is neither an absolute path nor a URL: the server cannot "
            f"tell what it is relative to. {_HOW}"
        )


def local_path(repository: str) -> str | None:
    """Return the path when the repository is one on this machine."""
    if repository.startswith("/"):
        return repository
    if repository.startswith("file://"):
        return unquote(urlsplit(repository).path)
    return None


@dataclass(frozen=True, slots=True)
class LocalRoots:
    """Which folders of this machine projects may be built from.

    Attributes:
        roots: Absolute paths of folders, each with all that is below it.
        home: The server's own data folder, which nobody may build from, but for the
            examples that the server itself puts there.
    """

    roots: tuple[str, ...]
    home: str

    def hold(self, path: str) -> bool:
        """Tell whether the absolute `path` is within them, by its name alone."""
        path, home = normpath(path), normpath(self.home)
        if _within(path, home):
            return _within(path, f"{home}/{EXAMPLES}")
        return any(_within(path, normpath(root)) for root in self.roots)


def _within(path: str, folder: str) -> bool:
    return f"{path}/".startswith("/" if folder == "/" else f"{folder}/")


def check_branch(branch: str) -> None:
    """Refuse what git would not take as a branch (git-check-ref-format); empty is fine.

    Raises:
        BadProject: the message says why.
    """
    if not branch:
        return
    if (
        len(branch) > MAX_BRANCH
        or branch == "@"
        or branch.startswith(("-", "/", "."))
        or branch.endswith(("/", "."))
        or _NO_BRANCH.search(branch)
    ):
        raise BadProject(
            "This is no name of a branch; leave it out for the repository's default.",
            branch=branch[:MAX_BRANCH],
        )


def as_id(project: str) -> UUID | None:
    """Return the id a caller may mean, or None when it can only be a name."""
    try:
        return UUID(project)
    except ValueError:
        return None


def etag(project: Project) -> str:
    """Return a word that changes whenever what can be edited does."""
    return _digest(project.repository, project.branch)


@lru_cache(1024)
def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


def _check_url(repository: str) -> None:
    url = _split(repository)
    if url.scheme not in SCHEMES:
        raise BadProject(
            f"Repositories are cloned over {', '.join(SCHEMES)}, "
            f"not over '{url.scheme}'."
        )
    web = url.scheme in {"http", "https"}
    if url.password is not None or (web and url.username is not None):
        raise BadProject(
            "A password or token does not belong into a repository's URL, where others "
            "see it: leave out all before the @ and let git of the server's user know "
            "it (a credential helper or an SSH key)."
        )
    if url.scheme == "file":
        if url.netloc not in {"", "localhost"} or not url.path.startswith("/"):
            raise BadProject("Write a file URL as file:///absolute/path.")
        return
    host, user = url.hostname or "", url.username
    odd = user is not None and not _USER.fullmatch(user)
    if odd or not _HOST.fullmatch(host) or not url.path.strip("/"):
        raise BadProject(f"The URL needs a host and a path. {_HOW}")


def _split(repository: str) -> SplitResult:
    if re.search(r"\s", repository):
        raise BadProject("A URL has no spaces: write them as %20.")
    try:
        url = urlsplit(repository)
        url.port  # noqa: B018 - raises when it is none
    except ValueError:
        raise BadProject(f"The repository's URL cannot be read. {_HOW}") from None
    return url

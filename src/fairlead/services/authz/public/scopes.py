"""Where something holds."""

from uuid import UUID

from fairlead.kernel.errors import ErrorKind, FairleadError

ROOT = "/"


def project_scope(project_id: UUID) -> str:
    """Return the scope of one project."""
    return f"/projects/{project_id}"


def environment_scope(project_id: UUID, environment_id: UUID) -> str:
    """Return the scope of one environment."""
    return f"/projects/{project_id}/environments/{environment_id}"


class BadScope(FairleadError):
    """A scope is `/`, `/projects/ID` or `/projects/ID/environments/ID`."""

    kind = ErrorKind.INVALID
    code = "authz.bad_scope"

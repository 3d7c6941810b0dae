"""Forms that were refused: what is wrong is said on the form, with what was typed."""

from fairlead.adapters.pages.controller import STATUS
from fairlead.kernel.errors import ErrorKind, FairleadError

_SAID = frozenset(
    {
        ErrorKind.INVALID,
        ErrorKind.UNAUTHENTICATED,
        ErrorKind.CONFLICT,
        ErrorKind.THROTTLED,
    }
)


def status_of(error: FairleadError, *said: type[FairleadError]) -> int:
    """Return the status of the form that says what is wrong; others are no forms'.

    A wrong password does not log out: it is a field with a wrong value. Errors of the
    types `said` are told on the form whatever their kind, e.g. a name in it that
    nothing has.

    Raises:
        FairleadError: `error`, which no other input would mend.
    """
    if error.kind not in _SAID and not isinstance(error, said):
        raise error
    field = error.kind in {ErrorKind.UNAUTHENTICATED, ErrorKind.NOT_FOUND}
    return STATUS[ErrorKind.INVALID if field else error.kind]

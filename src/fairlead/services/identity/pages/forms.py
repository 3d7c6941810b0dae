"""What the forms of an account share: what is wrong is said on the form itself."""

from fairlead.adapters.pages.forms import AnyRequest
from fairlead.adapters.pages.pages import Sheet
from fairlead.services.identity.domain import MIN_CHARACTERS, MIN_WITH_SECOND_FACTOR
from fairlead.services.identity.public import WeakPassword

ACCOUNT = "/account"


async def secret(request: AnyRequest, name: str) -> str:
    """Return a field as it was typed: of a password, spaces count, too."""
    return str((await request.form()).get(name, ""))


async def new_password(request: AnyRequest) -> str:
    """Return the new password, typed twice the same.

    Raises:
        WeakPassword: the two differ, so at least one was not meant.
    """
    typed = await secret(request, "new")
    if typed != await secret(request, "again"):
        raise WeakPassword("The two new passwords differ; type them once more.")
    return typed


def rule(*, second_factor: bool) -> str:
    """Say how a password has to be."""
    least = MIN_WITH_SECOND_FACTOR if second_factor else MIN_CHARACTERS
    return (
        f"At least {least} characters, of any kind; not your name, and none that is "
        "known from breaches. A few words are easy to keep in mind."
    )


def sheet(template: str, title: str, command: str, *, status: int = 200) -> Sheet:
    """Return a page below one's own account."""
    return Sheet(
        template=f"identity/{template}",
        title=title,
        command=command,
        crumbs=(("Your account", ACCOUNT),),
        section=ACCOUNT,
        status=status,
    )

"""Whom the gate lets pass to a route."""

from uuid import UUID

import pytest
from typing_extensions import override

from fairlead.kernel.errors import FairleadError
from fairlead.kernel.module import PUBLIC, SIGNED_IN
from fairlead.kernel.principal import Principal, anonymous
from fairlead.services.audit.public import Outcome
from fairlead.services.authz.public import ROOT, NotAllowed
from fairlead.services.gateway.domain import Gate, NobodyThere
from fairlead.testing.fakes import GrantList, RecordingTrail

ADA = Principal(id=UUID(int=7), name="ada")
CREATE = "boats.boat.create"


class Asked(GrantList):
    """Remembers the targets it was asked about."""

    def __init__(self, *permissions: str) -> None:
        super().__init__(*permissions)
        self.targets: list[str] = []

    @override
    async def require(
        self,
        who: Principal,
        permission: str,
        *,
        on: str = ROOT,
        target: str = "",
        sees: str | None = None,
        missing: FairleadError | None = None,
    ) -> None:
        self.targets.append(target)
        await super().require(who, permission, on=on)


async def test_who_holds_it_nowhere_is_refused_by_method_and_path() -> None:
    """So the trail names what was asked for, though no object is known yet."""
    asked = Asked()
    with pytest.raises(NotAllowed):
        await Gate(asked, RecordingTrail()).admit(
            ADA, CREATE, asked="POST /api/v1/boats", template="/api/v1/boats"
        )

    assert asked.targets == ["POST /api/v1/boats"]


async def test_the_route_of_an_object_is_its_use_case_to_refuse() -> None:
    """Which says not found where the caller may see nothing of the object."""
    asked = Asked()

    await Gate(asked, RecordingTrail()).admit(
        ADA, CREATE, asked="DELETE /api/v1/boats/1", template="/api/v1/boats/{boat}"
    )

    assert asked.targets == []


@pytest.mark.parametrize("template", ["/api/v1/boats", "/api/v1/boats/{boat}"])
async def test_nobody_passes_but_to_what_is_public(template: str) -> None:
    gate = Gate(Asked(CREATE), RecordingTrail())
    for permission in (CREATE, SIGNED_IN):
        with pytest.raises(NobodyThere):
            await gate.admit(anonymous(), permission, asked="", template=template)

    await gate.admit(anonymous(), PUBLIC, asked="", template=template)
    await gate.admit(ADA, SIGNED_IN, asked="", template=template)
    await gate.admit(ADA, CREATE, asked="", template=template)


async def test_what_nobody_asked_for_is_in_the_trail() -> None:
    trail = RecordingTrail()
    for permission in (CREATE, SIGNED_IN):
        with pytest.raises(NobodyThere):
            await Gate(Asked(), trail).admit(
                anonymous(), permission, asked="POST /api/v1/boats"
            )

    told = [(who.known, act.action, act.target, act.outcome) for who, act in trail.acts]
    assert told == [
        (False, CREATE, "POST /api/v1/boats", Outcome.REFUSED),
        (False, "gateway.route.use", "POST /api/v1/boats", Outcome.REFUSED),
    ]

"""Cedar, imported when a tenant has a policy or somebody writes one."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from typing_extensions import override

from fairlead.kernel.clock import Clock
from fairlead.services.authz.ports import PolicyLanguage, Restrictions
from fairlead.services.authz.public import Policy


class LazyLanguage(PolicyLanguage):
    """Has `CedarLanguage` do all, once there is something to do."""

    def __init__(self, clock: Clock) -> None:
        """Tell conditions the time by `clock`."""
        self._clock = clock
        self._language: PolicyLanguage | None = None

    @override
    async def check(self, text: str, permissions: AbstractSet[str]) -> None:
        await self._loaded().check(text, permissions)

    @override
    def restrictions(self, policies: Sequence[Policy]) -> Restrictions:
        return self._loaded().restrictions(policies)

    def _loaded(self) -> PolicyLanguage:
        if self._language is None:
            from fairlead.services.authz.cedar.language import (  # noqa: PLC0415
                CedarLanguage,  # costs an idle server some MiB
            )

            self._language = CedarLanguage(self._clock)
        return self._language

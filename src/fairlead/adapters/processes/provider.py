"""Gives the platform its launcher."""

from collections.abc import Mapping

from dishka import Provider, Scope, provide
from msgspec import Struct

from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.adapters.processes.reserve import DiskReserve
from fairlead.adapters.processes.settings import ProcessesSettings
from fairlead.adapters.settings.home import Home
from fairlead.kernel.journal import Journals
from fairlead.kernel.processes import Launcher

Sections = Mapping[type[Struct], Struct]


class ProcessesProvider(Provider):
    """The launcher of the home folder; the platform opens and closes it."""

    scope = Scope.APP

    def __init__(self, sections: Sections | None = None) -> None:
        """Go by the section of the settings that is for us, where there is one."""
        super().__init__()
        found = (sections or {}).get(ProcessesSettings)
        self._settings = (
            found if isinstance(found, ProcessesSettings) else ProcessesSettings()
        )

    @provide
    def launcher(self, home: Home, journals: Journals) -> ProcessLauncher:
        """Serve programs of this home."""
        patience = self._settings.full_disk_seconds
        return ProcessLauncher(home.path, journals, full_disk_seconds=patience)

    @provide
    def reserve(self, home: Home) -> DiskReserve:
        """Keep some room; the platform opens and closes it."""
        patience = self._settings.full_disk_seconds
        return DiskReserve(home.path, patience_seconds=patience)

    @provide
    def port(self, launcher: ProcessLauncher) -> Launcher:
        """Offer it under its port."""
        return launcher

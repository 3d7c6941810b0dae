"""Gives the platform its launcher."""

from dishka import Provider, Scope, provide

from fairlead.adapters.processes.client import ProcessLauncher
from fairlead.adapters.settings.home import Home
from fairlead.kernel.journal import Journals
from fairlead.kernel.processes import Launcher


class ProcessesProvider(Provider):
    """The launcher of the home folder; the platform opens and closes it."""

    scope = Scope.APP

    @provide
    def launcher(self, home: Home, journals: Journals) -> ProcessLauncher:
        """Serve programs of this home."""
        return ProcessLauncher(home.path, journals)

    @provide
    def port(self, launcher: ProcessLauncher) -> Launcher:
        """Offer it under its port."""
        return launcher

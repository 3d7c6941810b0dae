"""Gives the platform its journals."""

from collections.abc import Iterator

from dishka import Provider, Scope, provide

from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.settings.home import Home
from fairlead.kernel.journal import Journals


class JournalsProvider(Provider):
    """Journals as files in the home folder."""

    scope = Scope.APP

    @provide
    def journals(self, home: Home) -> Iterator[Journals]:
        """Keep them under `<home>/journals`."""
        journals = FileJournals(home.path / "journals")
        yield journals
        journals.close()

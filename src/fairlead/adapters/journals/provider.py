"""Gives the platform its journals."""

from collections.abc import Iterator

from dishka import Provider, Scope, provide

from fairlead.adapters.journals.files import FileJournals
from fairlead.adapters.settings.home import Home
from fairlead.kernel.blobs import Blobs
from fairlead.kernel.journal import Journals


class JournalsProvider(Provider):
    """Journals as files in the home folder, and old ones as blobs."""

    scope = Scope.APP

    @provide
    def journals(self, home: Home, blobs: Blobs) -> Iterator[Journals]:
        """Keep them under `<home>/journals`, and archived ones in blobs."""
        journals = FileJournals(home.path / "journals", blobs)
        yield journals
        journals.close()

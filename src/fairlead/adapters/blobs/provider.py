"""Gives the platform its blobs."""

from dishka import Provider, Scope, provide

from fairlead.adapters.blobs.files import FileBlobs
from fairlead.adapters.settings.home import Home
from fairlead.kernel.blobs import Blobs


class BlobsProvider(Provider):
    """Blobs as files in the home folder."""

    scope = Scope.APP

    @provide
    def blobs(self, home: Home) -> Blobs:
        """Keep them under `<home>/blobs`."""
        return FileBlobs(home.path / "blobs")

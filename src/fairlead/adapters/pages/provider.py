"""Builds what modules add to pages, so that a module need not wire it itself."""

from collections.abc import Iterable

from dishka import Provider, Scope

from fairlead.adapters.pages.part import ConsolePart


def page_types(parts: Iterable[ConsolePart]) -> Provider:
    """Provide what `parts` have built for each request."""
    provider = Provider(scope=Scope.REQUEST)
    kinds = {
        kind
        for part in parts
        for kind in (
            *part.overview,
            *part.finders,
            *part.panels.values(),
            *part.forms,
        )
    }
    for kind in kinds:
        provider.provide(kind)
    return provider

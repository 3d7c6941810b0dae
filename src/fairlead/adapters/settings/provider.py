"""What the settings give to the container."""

from typing import Any

from dishka import Provider, Scope
from msgspec import Struct

from fairlead.adapters.settings.load import Settings


def settings_provider(settings: Settings) -> Provider:
    """Provide the home and each section under its type."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: settings.home, provides=type(settings.home))
    provider.provide(lambda: settings, provides=Settings)
    for kind, value in settings.sections.items():
        provider.provide(_constant(value), provides=kind)
    return provider


def _constant(value: Struct) -> Any:
    return lambda: value

"""What is installed, told without a server."""

import os
from collections.abc import Iterable
from pathlib import Path

from fairlead.adapters.engine.part import EnginePart
from fairlead.adapters.manifests.discovery import discover
from fairlead.adapters.manifests.reader import read_manifest
from fairlead.adapters.settings.load import home, read_layers
from fairlead.adapters.terminal.errors import Refused
from fairlead.adapters.terminal.output import Row
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.module import Manifest, Module

PLUGINS = "plugins"


def installed() -> list[Row]:
    """Return the installed modules in the order they start.

    Raises:
        Refused: one cannot be loaded, or they do not fit together.
    """
    try:
        found = _found()
    except FairleadError as error:
        raise Refused(error.message, exit_code=2, code=error.code) from error
    return [_row(module.manifest) for module in found]


def validate(place: Path | None) -> str:
    """Check one module's folder or manifest, or put all together; say what was found.

    Raises:
        Refused: something does not fit; the message says where.
    """
    try:
        if place is None:
            from fairlead.app import check  # noqa: PLC0415 - imports the whole server

            names = check(os.environ, sections={"example": ExampleSettings})
            _check_workflows(_found())
            return f"{len(names)} modules fit together"
        file = place / "module.yaml" if place.is_dir() else place
        manifest = read_manifest(file)
    except FairleadError as error:
        raise Refused(error.message, exit_code=2, code=error.code) from error
    return f"{manifest.name} {manifest.version} is valid"


def _found() -> list[Module]:
    return discover(home(read_layers(os.environ)).path / PLUGINS)


def _check_workflows(modules: Iterable[Module]) -> None:
    """Refuse workflows that a replay would play differently."""
    from fairlead.adapters.engine import lint  # noqa: PLC0415 - needed here alone

    flows = [
        flow
        for module in modules
        for part in module.each(EnginePart)
        for flow in part.workflows
    ]
    found = sorted({line for flow in flows for line in lint.lint_workflow(flow)})
    if found:
        raise Refused("\n".join(found), exit_code=2, code="engine.impure_workflow")


def _row(manifest: Manifest) -> Row:
    return {
        "name": manifest.name,
        "version": manifest.version,
        "summary": manifest.summary,
        "requires": dict(manifest.requires),
        "permissions": dict(manifest.permissions),
        "routes": [
            {"method": route.method, "path": route.path, "permission": route.permission}
            for route in manifest.routes
        ],
        "events": list(manifest.events),
    }

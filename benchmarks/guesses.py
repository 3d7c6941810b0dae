"""Refused log-ins: what they cost, and that they tell nothing of who exists."""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fairlead.app import Application, prepare
from fairlead.cli.settings import ExampleSettings
from fairlead.kernel.principal import Origin, service
from fairlead.services.auth.public import Sessions
from fairlead.services.identity.public import WrongCredentials

Row = tuple[str, float, str, str]

ROUNDS = 45
PASSWORD = "four words make sense"  # noqa: S105 - of a user that lives for a second


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seconds:
    known: list[float]
    unknown: list[float]


def rows() -> list[Row]:
    """Return what was measured, its value, its unit and its bar."""
    with tempfile.TemporaryDirectory() as folder:
        spent = asyncio.run(_measure(Path(folder) / "home"))
    p50, p50_unknown = map(statistics.median, (spent.known, spent.unknown))
    p95, p95_unknown = (
        statistics.quantiles(each, n=20)[-1] for each in (spent.known, spent.unknown)
    )
    return [
        ("wrong password, p50", p50 * 1e3, "ms", ""),
        ("unknown user as a share of it, p50", p50_unknown / p50, "", "0.9 to 1.1"),
        ("the same, p95", p95_unknown / p95, "", "0.8 to 1.25"),
    ]


async def _measure(home: Path) -> _Seconds:
    """Ask the whole application, without HTTP, by turns."""
    environ = {"FAIRLEAD_HOME": str(home), "FAIRLEAD_ADMIN__PASSWORD": PASSWORD}
    application = prepare(environ, sections={"example": ExampleSettings})
    await application.open()
    spent = _Seconds(known=[], unknown=[])
    try:
        await application.first_start()
        for number in range(ROUNDS):
            address = f"10.{number}.0.1"
            spent.known.append(await _refusal(application, "admin", address))
            spent.unknown.append(await _refusal(application, "nobody", address))
        return spent
    finally:
        await application.close()
        application.release()


async def _refusal(application: Application, name: str, address: str) -> float:
    async with application.scopes.enter(service("benchmark")) as scope:
        sessions: Sessions = await scope.get(Sessions)
        began = time.perf_counter()
        try:
            await sessions.login(name, "a wrong one", origin=Origin(address=address))
        except WrongCredentials:
            return time.perf_counter() - began
    raise AssertionError(name)

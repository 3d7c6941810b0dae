"""How a feature presents itself to the platform: manifest, parts, ordering."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from fairlead.kernel.errors import ErrorKind, FairleadError
from fairlead.kernel.versions import Version, satisfies

PUBLIC = "public"
SIGNED_IN = "signed-in"


class BadModule(FairleadError):
    """A module's manifest, requirements or parts do not fit; the message says where."""

    kind = ErrorKind.INVALID
    code = "modules.bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A declared HTTP route.

    Attributes:
        permission: What the caller needs somewhere at least, or `PUBLIC`, or
            `SIGNED_IN` for any known caller. The use case decides on the object.
    """

    method: str
    path: str
    permission: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpc:
    """A declared gRPC method.

    Attributes:
        method: The service's full name and the method's, as on the wire:
            `fairlead.operations.v1.Operations/List`.
        permission: As of a `Route`.
    """

    method: str
    permission: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work of a module that the platform starts at set times.

    Attributes:
        name: `module.job`, also the name of its schedule.
        schedule: Five cron fields, e.g. `0 3 * * *`, read in `time_zone`.
        workflow: What is run; it gets no input of its own.
    """

    name: str
    summary: str
    schedule: str
    workflow: str
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `module.yaml` says.

    Attributes:
        requires: Module names with version ranges (PEP 440 specifiers).
        permissions: `module.resource.action` to what it lets one do.
        rpcs: Served when the gRPC edge is on.
        events: Topics of the events this module emits.
        jobs: What is run at set times.
    """

    name: str
    version: str
    summary: str = ""
    requires: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    rpcs: tuple[Rpc, ...] = ()
    events: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()


class Part:
    """What a module gives to one host: routes, commands, tables, providers.

    A host defines its own subclass, so new hosts never change the kernel.
    """


PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A feature: its manifest and what it gives to each host."""

    manifest: Manifest
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        """Return the manifest's name."""
        return self.manifest.name

    def each(self, kind: type[PartT]) -> Iterator[PartT]:
        """Yield this module's parts of one kind, in the order declared."""
        return (part for part in self.parts if isinstance(part, kind))


NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RPC = re.compile(r"[a-z]\w*(\.[a-z]\w*)*\.[A-Z]\w*/[A-Z]\w*", re.ASCII)
JOB = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
PERMISSION = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def check(manifest: Manifest) -> None:
    """Refuse a manifest that contradicts itself.

    Raises:
        BadModule: the name, version, a permission, a route, an rpc, a job or a
            requirement is bad.
    """
    name = manifest.name
    if not NAME.fullmatch(name):
        raise BadModule(
            f"'{name}' is no module name: use lowercase letters.", path="name"
        )
    Version.parse(manifest.version)
    for permission in manifest.permissions:
        if not PERMISSION.fullmatch(permission) or not permission.startswith(
            f"{name}."
        ):
            raise BadModule(
                f"Permission '{permission}' must look like {name}.resource.action.",
                path=f"permissions.{permission}",
            )
    for route in manifest.routes:
        _declared(manifest, f"Route {route.method} {route.path}", route.permission)
    for rpc in manifest.rpcs:
        if not RPC.fullmatch(rpc.method):
            raise BadModule(
                f"'{rpc.method}' must look like {name}.v1.Service/Method.", path="rpcs"
            )
        _declared(manifest, f"Rpc {rpc.method}", rpc.permission)
    _check_jobs(manifest)


def _check_jobs(manifest: Manifest) -> None:
    seen: set[str] = set()
    for job in manifest.jobs:
        if not JOB.fullmatch(job.name) or not job.name.startswith(f"{manifest.name}."):
            raise BadModule(
                f"Job '{job.name}' must look like {manifest.name}.job.", path="jobs"
            )
        if job.name in seen:
            raise BadModule(f"Two jobs are called '{job.name}'.", path="jobs")
        seen.add(job.name)


def _declared(manifest: Manifest, who: str, permission: str) -> None:
    if permission not in {PUBLIC, SIGNED_IN, *manifest.permissions}:
        raise BadModule(
            f"{who} asks for '{permission}', which {manifest.name} does not declare.",
            path=f"{who.split(maxsplit=1)[0].lower()}s",
        )


def in_order(modules: Iterable[Module]) -> list[Module]:
    """Return `modules` so that each comes after those it requires.

    Raises:
        BadModule: a requirement is missing, has another version, or forms a cycle;
            or two modules share a name.
    """
    by_name: dict[str, Module] = {}
    for module in modules:
        if module.name in by_name:
            raise BadModule(
                f"Two modules are called '{module.name}'.", module=module.name
            )
        by_name[module.name] = module
    for module in by_name.values():
        for name, wanted in module.manifest.requires.items():
            _require(module, name, wanted, by_name)
    sorter = TopologicalSorter(
        {module.name: tuple(module.manifest.requires) for module in by_name.values()}
    )
    try:
        return [by_name[name] for name in sorter.static_order()]
    except CycleError as error:
        ring = " > ".join(error.args[1])
        raise BadModule(f"Modules require each other: {ring}.") from error


def _require(
    module: Module, name: str, wanted: str, by_name: Mapping[str, Module]
) -> None:
    found = by_name.get(name)
    if found is None:
        raise BadModule(
            f"Module '{module.name}' requires '{name}', which is not installed.",
            module=module.name,
        )
    if not satisfies(found.manifest.version, wanted):
        raise BadModule(
            f"Module '{module.name}' requires '{name}' {wanted}, "
            f"but {found.manifest.version} is installed.",
            module=module.name,
        )


@dataclass(frozen=True, slots=True)
class Catalog:
    """The manifests of all loaded modules, in dependency order."""

    manifests: tuple[Manifest, ...]

    def permissions(self) -> Mapping[str, str]:
        """Return every permission and what it lets one do."""
        return {
            permission: meaning
            for manifest in self.manifests
            for permission, meaning in manifest.permissions.items()
        }

    def by_module(self) -> Mapping[str, Mapping[str, str]]:
        """Return, by module, its permissions and what each lets one do, sorted."""
        found: dict[str, dict[str, str]] = {}
        for permission, meaning in sorted(self.permissions().items()):
            found.setdefault(permission.partition(".")[0], {})[permission] = meaning
        return found

    def routes(self) -> tuple[Route, ...]:
        """Return every declared route by path, then method."""
        routes = (route for manifest in self.manifests for route in manifest.routes)
        return tuple(sorted(routes, key=lambda route: (route.path, route.method)))

    def rpcs(self) -> tuple[Rpc, ...]:
        """Return every declared gRPC method by name."""
        rpcs = (rpc for manifest in self.manifests for rpc in manifest.rpcs)
        return tuple(sorted(rpcs, key=lambda rpc: rpc.method))

    def jobs(self) -> tuple[Job, ...]:
        """Return every declared job by name."""
        jobs = (job for manifest in self.manifests for job in manifest.jobs)
        return tuple(sorted(jobs, key=lambda job: job.name))

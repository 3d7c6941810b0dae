"""Straight code that builds what a request needs, made once per wanted type.

The container resolves one dependency after the other, each by a call that may wait.
Nearly all of ours are plain calls; their order never changes, and what belongs to the
whole application is made already. So the calls are written down once, as Python code
that does them in order, and what cannot be written so is left to the container.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dishka import AsyncContainer
from dishka.dependency_source import Factory
from dishka.entities.factory_type import FactoryType
from dishka.entities.key import DependencyKey
from dishka.exceptions import NoContextValueError
from dishka.registry import Registry

Plan = Callable[[dict[Any, Any], Mapping[Any, Any], AsyncContainer], Any]
_MISSING: Any = object()


class _Unplanned(Exception):
    """Something in the graph has to be made by the container itself."""


def _given(context: Mapping[Any, Any], kind: Any) -> Any:
    try:
        return context[kind]
    except KeyError:
        raise NoContextValueError(kind) from None


async def plan(
    wanted: Any, *, scope: Registry, application: AsyncContainer
) -> Plan | None:
    """Return what makes a `wanted` in a request's scope; None: the container must.

    What is of the application's scope is made now, if it was not yet.
    """
    writer = _Writer(scope, application)
    try:
        value = await writer.value(DependencyKey(wanted, ""))
    except _Unplanned:
        return None
    return writer.plan(value)


@dataclass(slots=True)
class _Writer:
    """Writes the code of one plan; its names stand for objects."""

    scope: Registry
    application: AsyncContainer
    _lines: list[str] = field(default_factory=list)
    _names: dict[str, Any] = field(default_factory=dict)
    _known: dict[DependencyKey, str] = field(default_factory=dict)

    def plan(self, value: str) -> Plan:
        """Return the code as a function; `value` is what it returns."""
        lines = "\n".join(f" {line}" for line in (*self._lines, f"return {value}"))
        code = f"def build(cache, context, container):\n{lines}\n"
        names = {**self._names, "MISSING": _MISSING, "given": _given}
        exec(compile(code, "<plan>", "exec"), names)  # noqa: S102 - all of it is ours
        made: Plan = names["build"]
        return made

    async def value(self, key: DependencyKey) -> str:
        """Write what makes the value of `key` and return its name."""
        known = self._known.get(key)
        if known is not None:
            return known
        factory = self.scope.get_factory(key)
        if key == self.scope.container_key:
            name = "container"
        elif key.is_const():
            name = self._named(key.get_const_value())
        elif factory is None:
            name = await self._lasting(key)
        else:
            name = await self._made(key, factory)
            if not factory.cache:
                return name
        self._known[key] = name
        return name

    async def _lasting(self, key: DependencyKey) -> str:
        """Name what the application keeps for as long as it lives."""
        registry = self.application.registry
        factory = registry.get_factory(key)
        if key.depth or factory is None or not factory.cache:
            raise _Unplanned
        return self._named(await self.application.get(key.type_hint, key.component))

    async def _made(self, key: DependencyKey, factory: Factory) -> str:
        if factory.when_dependencies:
            raise _Unplanned
        if factory.type is FactoryType.CONTEXT:
            return self._write(f"given(context, {self._named(factory.source)})")
        if factory.type is FactoryType.VALUE:
            return self._named(factory.source)
        if factory.type is FactoryType.ALIAS:
            return await self.value(factory.dependencies[0])
        if factory.type is not FactoryType.FACTORY:
            raise _Unplanned
        return await self._called(key, factory)

    async def _called(self, key: DependencyKey, factory: Factory) -> str:
        arguments = [await self.value(each) for each in factory.dependencies]
        arguments += [
            f"{name}={await self.value(each)}"
            for name, each in factory.kw_dependencies.items()
        ]
        call = f"{self._named(factory.source)}({', '.join(arguments)})"
        if not factory.cache:
            return self._write(call)
        kept = self._named(key.as_compilation_key())
        name = self._write(f"cache.get({kept}, MISSING)")
        self._lines.append(f"if {name} is MISSING: {name} = cache[{kept}] = {call}")
        return name

    def _write(self, expression: str) -> str:
        name = f"v{len(self._lines)}"
        self._lines.append(f"{name} = {expression}")
        return name

    def _named(self, thing: Any) -> str:
        name = f"k{len(self._names)}"
        self._names[name] = thing
        return name

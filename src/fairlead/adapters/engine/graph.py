"""A graph of calls: each node as early as its needs allow."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from graphlib import CycleError, TopologicalSorter

from fairlead.kernel.engine import Json, Node, StepFailed

Perform = Callable[[str, Node], Awaitable[Json]]
Spawn = Callable[[Coroutine[None, None, None]], None]


def check(nodes: Mapping[str, Node]) -> None:
    """Refuse a graph that cannot be run to its end.

    Raises:
        ValueError: a node needs one that is not there, or there is a cycle.
    """
    for key, node in nodes.items():
        for need in node.needs:
            if need not in nodes:
                raise ValueError(f"node '{key}' needs '{need}', which is not there")
    try:
        TopologicalSorter({key: node.needs for key, node in nodes.items()}).prepare()
    except CycleError as error:
        raise ValueError(f"nodes need each other: {error.args[1]}") from error


class Graph:
    """One graph on its way."""

    def __init__(self, nodes: Mapping[str, Node], perform: Perform, spawn: Spawn):
        """Call `perform` for each node in a task made by `spawn`."""
        check(nodes)
        self._nodes = nodes
        self._perform = perform
        self._spawn = spawn
        self._results: dict[str, Json] = {}
        self._errors: dict[str, BaseException] = {}
        self._missing = {key: len(set(node.needs)) for key, node in nodes.items()}
        self._dependents: dict[str, list[str]] = defaultdict(list)
        for key, node in nodes.items():
            for need in set(node.needs):
                self._dependents[need].append(key)
        self._running = 0
        self._idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> Mapping[str, Json]:
        """Run what can be run; results in the order of the nodes.

        Raises:
            StepFailed: the first failure in the order of the nodes; any other error
                comes before it.
        """
        for key, missing in self._missing.items():
            if not missing:
                self._start(key)
        if self._running:
            await self._idle
        self._raise_first()
        return {key: self._results[key] for key in self._nodes}

    def _start(self, key: str) -> None:
        self._running += 1
        self._spawn(self._run_node(key))

    async def _run_node(self, key: str) -> None:
        try:
            self._results[key] = await self._perform(key, self._nodes[key])
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again by `run`
            self._errors[key] = error
        else:
            for dependent in self._dependents[key]:
                self._missing[dependent] -= 1
                if not self._missing[dependent]:
                    self._start(dependent)
        self._running -= 1
        if not self._running and not self._idle.done():
            self._idle.set_result(None)

    def _raise_first(self) -> None:
        errors = [self._errors[key] for key in self._nodes if key in self._errors]
        for error in errors:
            if not isinstance(error, StepFailed):
                raise error
        for error in errors:
            raise error

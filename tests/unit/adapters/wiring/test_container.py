"""What a request's container makes, by plans or by the container itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from dishka import (
    AnyOf,
    AsyncContainer,
    Provider,
    Scope,
    from_context,
    make_async_container,
    provide,
)
from dishka.exceptions import GraphMissingFactoryError, NoContextValueError

from fairlead.adapters.wiring.container import make_container


@dataclass(frozen=True)
class Caller:
    name: str


@dataclass(eq=False)
class Pool:
    opened: int = 0


@dataclass(eq=False)
class Line:
    pool: Pool
    caller: Caller


class Ship:
    pass


@dataclass(eq=False, kw_only=True)
class Boat(Ship):
    line: Line
    pool: Pool


@dataclass(eq=False)
class Ticket:
    line: Line


@dataclass(eq=False)
class Lock:
    line: Line


@dataclass(eq=False)
class Harbour:
    boat: Boat
    lock: Lock
    container: AsyncContainer


class Parts(Provider):
    scope = Scope.REQUEST
    caller = from_context(Caller, scope=Scope.REQUEST)
    line = provide(Line)
    boat = provide(Boat, provides=AnyOf[Boat, Ship])
    ticket = provide(Ticket, cache=False)
    harbour = provide(Harbour)

    def __init__(self) -> None:
        super().__init__()
        self.pools = 0
        self.told: list[str] = []

    @provide(scope=Scope.APP)
    async def pool(self) -> Pool:
        self.pools += 1
        await asyncio.sleep(0)
        return Pool()

    @provide
    async def lock(self, line: Line) -> AsyncIterator[Lock]:
        self.told.append("opened")
        yield Lock(line)
        self.told.append("closed")


ADA = {Caller: Caller("ada")}


async def test_a_thing_is_one_in_a_request_and_another_in_the_next() -> None:
    container = make_container(Parts())
    async with container(context=ADA) as one, container(context=ADA) as other:
        boat = await one.get(Boat)

        assert await one.get(Boat) is boat
        assert await one.get(Ship) is boat
        assert await one.get(Line) is boat.line
        assert await other.get(Boat) is not boat
        assert (await other.get(Boat)).pool is boat.pool


async def test_the_caller_is_the_requests_own() -> None:
    container = make_container(Parts())
    names = []
    for name in ("ada", "bob"):
        async with container(context={Caller: Caller(name)}) as scope:
            names.append((await scope.get(Boat)).line.caller.name)

    assert names == ["ada", "bob"]


async def test_what_the_application_keeps_is_made_once_however_many_ask() -> None:
    parts = Parts()
    container = make_container(parts)

    async def ask() -> Pool:
        async with container(context=ADA) as scope:
            return (await scope.get(Boat)).pool

    pools = await asyncio.gather(*(ask() for _ in range(20)))

    assert parts.pools == 1
    assert len(set(map(id, pools))) == 1


async def test_what_is_to_be_closed_is_and_shares_the_rest() -> None:
    parts = Parts()
    container = make_container(parts)
    async with container(context=ADA) as scope:
        line = await scope.get(Line)
        harbour = await scope.get(Harbour)

        assert harbour.lock.line is line
        assert harbour.boat is await scope.get(Boat)
        assert harbour.container is scope
        assert parts.told == ["opened"]
    assert parts.told == ["opened", "closed"]


async def test_what_is_not_kept_is_made_each_time() -> None:
    async with make_container(Parts())(context=ADA) as scope:
        tickets = [await scope.get(Ticket) for _ in range(2)]

        assert tickets[0] is not tickets[1]
        assert tickets[0].line is tickets[1].line


async def test_a_caller_that_is_missing_is_named() -> None:
    async with make_container(Parts())() as scope:
        with pytest.raises(NoContextValueError):
            await scope.get(Boat)


async def test_an_application_that_lacks_a_part_does_not_start() -> None:
    lacking = Provider(scope=Scope.REQUEST)
    lacking.provide(Ticket)
    with pytest.raises(GraphMissingFactoryError):
        make_container(lacking)


async def test_it_makes_what_the_library_would() -> None:
    parts = Parts()
    async with (
        make_container(parts)(context=ADA) as ours,
        make_async_container(Parts())(context=ADA) as theirs,
    ):
        for kind in (Caller, Pool, Line, Boat, Ship, Ticket, Lock, Harbour):
            assert type(await ours.get(kind)) is type(await theirs.get(kind))

"""Servicers: what a module writes to serve a gRPC service.

A servicer is a dataclass that is built for each call from the call's container, so its
fields are what it needs (`who: Principal`, a public Protocol). It names its service and
has one method for each of the service's, in snake case, over our own frozen values:

    @dataclass(frozen=True, slots=True, kw_only=True)
    class OperationsServicer:
        service: ClassVar = operations_pb2.DESCRIPTOR.services_by_name["Operations"]

        who: Principal
        operations: Operations

        async def get(self, asked: ById) -> Operation: ...
        async def follow(self, asked: Resume) -> AsyncIterator[Frame]: ...

`adapters.grpc.mapping` turns messages into those values and back. A server stream is
a method that returns an asynchronous iterator, after it has refused what it must. The
call's scope is closed before that is read, so it yields from what is APP-scoped.
"""

import importlib
import inspect
import re
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from fairlead.adapters.grpc.mapping import MessageCodec
from fairlead.kernel.module import BadModule, Rpc


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of a service.

    Attributes:
        name: `fairlead.operations.v1.Operations/List`.
        streams: It answers with any number of messages.
    """

    name: str
    servicer: type[Any]
    call: Callable[[Any, Any], Awaitable[Any]]
    request: MessageCodec
    answer: MessageCodec
    streams: bool


def load(name: str) -> type[Any]:
    """Return the servicer `package.module:Class`.

    Raises:
        BadModule: there is none.
    """
    place, _, attribute = name.partition(":")
    try:
        servicer = getattr(importlib.import_module(place), attribute)
    except (ImportError, AttributeError) as error:
        raise BadModule(f"Servicer '{name}' cannot be loaded: {error}") from error
    if not isinstance(getattr(servicer, "service", None), ServiceDescriptor):
        raise BadModule(f"Servicer '{name}' does not name its `service`.")
    kind: type[Any] = servicer
    return kind


def methods(servicer: type[Any]) -> list[Method]:
    """Return the methods of a servicer, in the order of its service.

    Raises:
        BadModule: it lacks one, has one too many, or one does not fit its messages.
    """
    service: ServiceDescriptor = servicer.service
    wanted = {_snake(method.name): method for method in service.methods}
    have = {name for name, _ in inspect.getmembers(servicer, inspect.isfunction)} - {
        name for name in dir(servicer) if name.startswith("_")
    }
    if have != set(wanted):
        wrong = ", ".join(sorted(have ^ set(wanted)))
        raise BadModule(f"{servicer.__name__} and {service.full_name}: {wrong}.")
    return [
        _method(servicer, getattr(servicer, name), method)
        for name, method in wanted.items()
    ]


def _method(
    servicer: type[Any],
    function: Callable[[Any, Any], Awaitable[Any]],
    declared: MethodDescriptor,
) -> Method:
    name = f"{declared.containing_service.full_name}/{declared.name}"
    hints = typing.get_type_hints(function)
    answer = hints.pop("return", None)
    streams = typing.get_origin(answer) is AsyncIterator
    if not inspect.iscoroutinefunction(function) or len(hints) != 1:
        raise BadModule(f"{name} must be `async` and take one value.")
    if streams != declared.server_streaming or declared.client_streaming:
        raise BadModule(f"{name} must stream as its declaration says.")
    (asked,) = hints.values()
    return Method(
        name=name,
        servicer=servicer,
        call=function,
        request=MessageCodec(asked, declared.input_type),
        answer=MessageCodec(
            typing.get_args(answer)[0] if streams else answer, declared.output_type
        ),
        streams=streams,
    )


def permissions(served: Iterable[Method], declared: Iterable[Rpc]) -> dict[str, str]:
    """Return what each method asks for.

    Raises:
        BadModule: a served method is undeclared, or a declared one is not served.
    """
    want = {rpc.method: rpc.permission for rpc in declared}
    have = {method.name for method in served}
    wrong = [
        f"{name} is served, but no module.yaml declares it"
        for name in sorted(have - want.keys())
    ] + [
        f"{name} is declared, but nothing serves it"
        for name in sorted(want.keys() - have)
    ]
    if wrong:
        raise BadModule(f"Rpcs do not fit: {'; '.join(wrong)}.")
    return want


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

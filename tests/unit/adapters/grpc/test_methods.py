"""Servicers against their service and the manifests."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from fairlead.adapters.grpc.edge import address
from fairlead.adapters.grpc.methods import load, methods, permissions
from fairlead.kernel.module import BadModule, Manifest, Rpc, check
from fairlead.testing.protos import declare

FILE = declare(
    "fairlead.test.methods",
    """
message Note { string text = 1; }
service Notes {
  rpc Add(Note) returns (Note);
  rpc ReadAll(Note) returns (stream Note);
}
service Uploads { rpc Send(stream Note) returns (Note); }
""",
)
NOTES = FILE.services_by_name["Notes"]
NAMES = ["fairlead.test.methods.Notes/Add", "fairlead.test.methods.Notes/ReadAll"]


@dataclass(frozen=True, slots=True)
class Note:
    text: str


class Notes:
    service: ClassVar = NOTES

    async def add(self, asked: Note) -> Note:
        return asked

    async def read_all(self, asked: Note) -> AsyncIterator[Note]:
        raise NotImplementedError

    async def _private(self) -> None:
        """Not served."""


class LacksOne:
    service: ClassVar = NOTES

    async def add(self, asked: Note) -> Note:
        return asked


class HasMore(Notes):
    async def remove(self, asked: Note) -> Note:
        return asked


class DoesNotStream:
    service: ClassVar = NOTES

    async def add(self, asked: Note) -> Note:
        return asked

    async def read_all(self, asked: Note) -> Note:
        return asked


class TakesTwo:
    service: ClassVar = NOTES

    async def add(self, asked: Note, more: Note) -> Note:
        return more

    async def read_all(self, asked: Note) -> AsyncIterator[Note]:
        raise NotImplementedError


class ReadsStreams:
    service: ClassVar = FILE.services_by_name["Uploads"]

    async def send(self, asked: Note) -> Note:
        return asked


def test_methods_have_their_names_on_the_wire() -> None:
    """In the order of the service; `ReadAll` is `read_all`."""
    found = methods(Notes)

    assert [method.name for method in found] == NAMES
    assert [method.streams for method in found] == [False, True]


@pytest.mark.parametrize(
    ("servicer", "words"),
    [
        (LacksOne, "read_all"),
        (HasMore, "remove"),
        (DoesNotStream, "ReadAll must stream as its declaration says"),
        (TakesTwo, "Add must be `async` and take one value"),
        (ReadsStreams, "Send must stream as its declaration says"),
    ],
)
def test_servicers_that_do_not_fit_are_refused(servicer: Any, words: str) -> None:
    with pytest.raises(BadModule, match=words):
        methods(servicer)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fairlead.nowhere:Servicer", "cannot be loaded"),
        ("fairlead.kernel.module:Nothing", "cannot be loaded"),
        ("fairlead.kernel.module:Module", "does not name its `service`"),
    ],
)
def test_servicers_that_are_not_there_are_named(name: str, words: str) -> None:
    with pytest.raises(BadModule, match=words) as refused:
        load(name)
    assert name in refused.value.message


def test_declared_and_served_methods_must_be_the_same() -> None:
    served = methods(Notes)
    declared = [Rpc(method=name, permission="public") for name in NAMES]

    assert permissions(served, declared) == dict.fromkeys(NAMES, "public")
    with pytest.raises(BadModule, match="ReadAll is served, but no"):
        permissions(served, declared[:1])
    with pytest.raises(BadModule, match="Gone/Get is declared, but nothing serves it"):
        permissions(served, [*declared, Rpc(method="Gone/Get", permission="public")])


@pytest.mark.parametrize(
    ("method", "permission", "words"),
    [
        ("List", "public", "must look like blog.v1.Service/Method"),
        ("blog.v1.Blog/list", "public", "must look like"),
        ("blog.v1.Blog/List", "other.post.read", "Rpc blog.v1.Blog/List asks for"),
    ],
)
def test_manifests_declare_methods_as_on_the_wire(
    method: str, permission: str, words: str
) -> None:
    rpc = Rpc(method=method, permission=permission)
    with pytest.raises(BadModule, match=words):
        check(Manifest(name="blog", version="1", rpcs=(rpc,)))


@pytest.mark.parametrize(
    ("peer", "found"),
    [
        ("ipv4:127.0.0.1:52044", "127.0.0.1"),
        ("ipv6:%5B::1%5D:52044", "::1"),
        ("ipv6:[2001:db8::7]:52044", "2001:db8::7"),
        ("unix:/run/x", ""),
    ],
)
def test_peers_have_an_address(peer: str, found: str) -> None:
    assert address(peer) == found

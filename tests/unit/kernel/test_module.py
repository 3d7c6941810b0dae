"""Manifests and the order modules start in."""

import pytest

from fairlead.kernel.module import BadModule, Manifest, Module, Route, check, in_order


def module(name: str, version: str = "1.0.0", **requires: str) -> Module:
    return Module(manifest=Manifest(name=name, version=version, requires=requires))


def test_required_modules_come_first() -> None:
    ordered = in_order([module("b", a=">=1.0"), module("a")])
    assert [entry.name for entry in ordered] == ["a", "b"]


def test_missing_requirement_is_named() -> None:
    with pytest.raises(BadModule, match="'b' requires 'a', which is not installed"):
        in_order([module("b", a=">=1.0")])


def test_wrong_version_is_named() -> None:
    with pytest.raises(BadModule, match=r"requires 'a' >=2, but 1\.0\.0"):
        in_order([module("b", a=">=2"), module("a")])


def test_cycles_are_refused() -> None:
    with pytest.raises(BadModule, match="require each other"):
        in_order([module("a", b=""), module("b", a="")])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(BadModule, match="Two modules"):
        in_order([module("a"), module("a")])


def test_route_must_ask_for_an_own_permission() -> None:
    route = Route(method="GET", path="/x", permission="other.thing.read")
    with pytest.raises(BadModule, match=r"other\.thing\.read"):
        check(Manifest(name="blog", version="1", routes=(route,)))


@pytest.mark.parametrize(
    "permission", ["blog.read", "other.post.read", "blog.Post.read"]
)
def test_permissions_have_three_words(permission: str) -> None:
    with pytest.raises(BadModule, match=r"blog\.resource\.action"):
        check(Manifest(name="blog", version="1", permissions={permission: "x"}))

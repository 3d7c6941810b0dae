"""What handlers get by type: from the request's scope, without a way around."""

from collections.abc import Callable
from inspect import Parameter
from typing import Any, ParamSpec, TypeVar

from dishka import FromDishka
from dishka.integrations.base import wrap_injection
from litestar import Request

__all__ = ["FromDishka", "inject"]

P = ParamSpec("P")
T = TypeVar("T")

CONTAINER = "dishka_container"  # of a request's state; the edge puts it there
_REQUEST = "request"


def inject(handler: Callable[P, T]) -> Callable[P, T]:
    """Give the handler's parameters of `FromDishka[...]` their values.

    As dishka's own for the framework does, which makes a copy of the request's state.
    """
    asks = _REQUEST in handler.__annotations__
    added = Parameter(
        _REQUEST, Parameter.KEYWORD_ONLY, annotation=Request[Any, Any, Any]
    )
    return wrap_injection(
        func=handler,
        is_async=True,
        additional_params=[] if asks else [added],
        container_getter=lambda _, given: given[_REQUEST].scope["state"][CONTAINER],
    )

"""The container of the application, whose requests cost little."""

import asyncio
from typing import Any

from dishka import AsyncContainer, BaseScope, Provider, make_async_container
from dishka.registry import Registry
from typing_extensions import override

from fairlead.adapters.wiring.plans import Plan, plan

Context = dict[Any, Any]


class RequestContainer(AsyncContainer):
    """What one request or piece of work uses; builds by plans where there are some."""

    __slots__ = ("_application",)

    def __init__(
        self, application: "ApplicationContainer", scope: Registry, context: Context
    ) -> None:
        """Belong to `application`; `context` is given from outside."""
        super().__init__(scope, application, context, None, None, application.get)
        self._application = application

    @override
    async def get(self, dependency_type: Any, component: str | None = "") -> Any:
        if not component:
            plans = self._application.plans
            known = plans.get(dependency_type)
            if known is None and dependency_type not in plans:
                known = plans[dependency_type] = await plan(
                    dependency_type, scope=self.registry, application=self._application
                )
            if known is not None:
                return known(self._cache, self._context or {}, self)
        return await super().get(dependency_type, component)


class ApplicationContainer(AsyncContainer):
    """What lives as long as the application; opens scopes for requests."""

    __slots__ = ("_request", "plans")

    def __init__(self, made: AsyncContainer) -> None:
        """Take the place of `made`, which was not used yet."""
        super().__init__(
            made.registry,
            made.parent_container,
            None,
            asyncio.Lock,
            made.parent_closer,
            made.parent_getter,
        )
        self._cache.update(made._cache)  # noqa: SLF001 - of our own class
        self.plans: dict[Any, Plan | None] = {}
        self._request = _request_scope(made.registry)

    @override
    def __call__(
        self,
        context: Context | None = None,
        lock_factory: Any = None,
        scope: BaseScope | None = None,
    ) -> AsyncContainer:
        if lock_factory is None and scope is None:
            return RequestContainer(self, self._request, context or {})
        return super().__call__(context, lock_factory, scope)


def make_container(*providers: Provider) -> ApplicationContainer:
    """Check that the graph of `providers` is whole and return its container.

    Raises:
        dishka.exceptions.GraphMissingFactoryError: something has no provider.
    """
    return ApplicationContainer(make_async_container(*providers))


def _request_scope(registry: Registry) -> Registry:
    """Return the scope that is entered when none is named.

    Raises:
        ValueError: a scope that is passed over makes something.
    """
    below = registry.child_registry
    while below is not None and below.scope.skip:
        below = below.child_registry
    if below is None:
        raise ValueError("there is no scope for requests")
    return below

"""Bindings of deleted users."""

from uuid import UUID

from fairlead.kernel.events import Delivery
from fairlead.kernel.ids import new_id
from fairlead.kernel.principal import Principal
from fairlead.services.authz.memory import MemoryBindingStore
from fairlead.services.authz.public import Binding
from fairlead.services.authz.tasks import OnUserDeleted
from fairlead.services.authz.use_cases.cache import GrantCache
from fairlead.services.authz.use_cases.departed import RemoveBindingsOf
from fairlead.services.identity.public import UserDeleted
from fairlead.testing.fakes import FrozenClock, NullWork, RecordingTrail


def bound(number: int, role: str) -> Binding:
    return Binding(
        id=new_id(),
        principal_id=UUID(int=number),
        principal_name=f"user{number}",
        role=role,
        scope="/",
        created_at=FrozenClock().now(),
    )


async def test_bindings_of_a_deleted_user_go() -> None:
    """All of them, in the name of who deleted the user; others stay."""
    store, trail = MemoryBindingStore(), RecordingTrail()
    kept = bound(2, "admin")
    for each in (bound(1, "admin"), bound(1, "viewer"), kept):
        await store.add(each)
    root = Principal(id=UUID(int=9), name="root")
    event = UserDeleted(
        at=FrozenClock().now(), aggregate="x", actor=root, user_id=UUID(int=1)
    )
    heard = OnUserDeleted(
        remove=RemoveBindingsOf(
            store=store, cache=GrantCache(), trail=trail, work=NullWork()
        )
    )
    for _ in range(2):
        await heard(Delivery(id=new_id(), event=event))

    assert await store.all() == (kept,)
    assert [who for who, _ in trail.acts] == [root, root]
    assert store.version == 1

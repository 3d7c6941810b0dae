"""Groups over HTTP: translate, call one use case, translate back."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.http.paging import PageBody, page_request
from fairlead.kernel.principal import Principal
from fairlead.services.authz.public import Group, Groups, Member

Summary = Annotated[str, Meta(examples=["Who runs the machines"])]


class GroupBody(Struct, kw_only=True):
    """A group as clients see it; `members` is how many there are."""

    id: UUID
    name: str
    summary: str
    members: int
    created_at: datetime

    @classmethod
    def of(cls, group: Group) -> Self:
        """Show all of it."""
        return cls(
            id=group.id,
            name=group.name,
            summary=group.summary,
            members=group.members,
            created_at=group.created_at,
        )


class NewGroupBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A group to add."""

    name: Annotated[str, Meta(examples=["operators"])]
    summary: Summary = ""


class GroupChangesBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What to change about a group."""

    summary: Summary


class MemberBody(Struct, kw_only=True):
    """A member as clients see them."""

    user_id: UUID
    user_name: str
    since: datetime

    @classmethod
    def of(cls, member: Member) -> Self:
        """Show all of it."""
        return cls(
            user_id=member.user_id, user_name=member.user_name, since=member.since
        )


class GroupController(Controller):
    """Routes under `/api/v1/groups`."""

    path = "/api/v1/groups"
    tags = ("authz",)

    @get()
    @inject
    async def list_groups(
        self,
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[GroupBody]:
        """List the groups by name."""
        page = await groups.list(who, page_request(limit, after))
        return PageBody(
            items=[GroupBody.of(each) for each in page.items], next=page.next
        )

    @post()
    @inject
    async def create_group(
        self,
        data: JSONBody[NewGroupBody],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> GroupBody:
        """Add a group without members."""
        return GroupBody.of(await groups.create(who, data.name, summary=data.summary))

    @get("/{group:str}")
    @inject
    async def show_group(
        self,
        group: FromPath[str],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> GroupBody:
        """Show one group."""
        return GroupBody.of(await groups.get(who, group))

    @patch("/{group:str}")
    @inject
    async def update_group(
        self,
        group: FromPath[str],
        data: JSONBody[GroupChangesBody],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> GroupBody:
        """Say anew what a group is for."""
        return GroupBody.of(await groups.update(who, group, summary=data.summary))

    @delete("/{group:str}")
    @inject
    async def delete_group(
        self,
        group: FromPath[str],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> None:
        """Delete a group, and what its members had by it."""
        await groups.delete(who, group)

    @get("/{group:str}/members")
    @inject
    async def list_members(
        self,
        group: FromPath[str],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
        limit: FromQuery[int | None] = None,
        after: FromQuery[str | None] = None,
    ) -> PageBody[MemberBody]:
        """List the members of a group by name."""
        page = await groups.members(who, group, page_request(limit, after))
        return PageBody(
            items=[MemberBody.of(each) for each in page.items], next=page.next
        )

    @put("/{group:str}/members/{user:str}", status_code=204)
    @inject
    async def add_member(
        self,
        group: FromPath[str],
        user: FromPath[str],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> None:
        """Put a user into a group; one needs what the group has oneself."""
        await groups.add(who, group, user)

    @delete("/{group:str}/members/{user:str}")
    @inject
    async def remove_member(
        self,
        group: FromPath[str],
        user: FromPath[str],
        who: FromDishka[Principal],
        groups: FromDishka[Groups],
    ) -> None:
        """Take a user out of a group; one who is not in it is fine."""
        await groups.remove(who, group, user)

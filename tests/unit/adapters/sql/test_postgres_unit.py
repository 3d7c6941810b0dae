"""Which module a statement belongs to, so that its units of work take turns."""

import pytest
from sqlalchemy import Column, Executable, Integer, MetaData, Table, func, select, text

from fairlead.adapters.sql.postgres.unit import module_of

metadata = MetaData()
boats, crews = (
    Table(name, metadata, Column("id", Integer, primary_key=True))
    for name in ("harbour_boats", "yard_crews")
)


@pytest.mark.parametrize(
    "statement",
    [
        boats.insert(),
        boats.update().values(id=2),
        boats.delete().returning(boats.c.id),
        select(boats),
        select(boats.c.id).where(boats.c.id.in_(select(crews.c.id))),
        select(func.max(boats.c.id)),
        select(boats.c.id, crews.c.id).select_from(
            boats.outerjoin(crews, boats.c.id == crews.c.id)
        ),
        select(func.count()).select_from(boats.join(crews, boats.c.id == crews.c.id)),
        select(boats).order_by(boats.c.id).limit(1).with_for_update(),
    ],
)
def test_the_first_table_tells_the_module(statement: Executable) -> None:
    assert module_of(statement) == "harbour"


def test_of_text_nobody_can_tell() -> None:
    """Such statements take turns among themselves."""
    assert module_of(text("SELECT 1")) == ""

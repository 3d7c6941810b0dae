"""Create checkpoints and anchors; let the first entries go that an anchor names."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create `audit_checkpoints`, `audit_anchors` and what guards them.

    A checkpoint and an anchor name an entry that is there, with its digest; an anchor
    never the last one, and none that no checkpoint covers. Entries go only up to the
    last anchor, and none comes back there.
    """
    for table, more in (("audit_checkpoints", ()), ("audit_anchors", _archive())):
        op.create_table(
            table,
            sa.Column("tenant_id", sa.Uuid(), nullable=False),
            sa.Column("number", sa.Integer(), nullable=False),
            sa.Column("sequence", sa.Integer(), nullable=False),
            sa.Column("digest", sa.String(64), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("key_id", sa.String(64), nullable=False),
            sa.Column("signature", sa.String(128), nullable=False),
            *more,
            sa.PrimaryKeyConstraint("tenant_id", "number", name=f"pk_{table}"),
            sa.UniqueConstraint(
                "tenant_id", "sequence", name=f"uq_{table}_tenant_id_sequence"
            ),
        )
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _archive() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("archive", sa.String(200), nullable=False),
        sa.Column("archive_digest", sa.String(80), nullable=False),
    )


def _last(table: str, column: str, row: str, place: str) -> str:
    """Return the highest value of the tenant of `row`, 0 where there is none."""
    return (
        f"coalesce((SELECT max({column}) FROM {place}{table} "  # noqa: S608 - ours
        f"WHERE tenant_id = {row}.tenant_id), 0)"
    )


def _none(table: str, condition: str, place: str) -> str:
    """Return that the tenant of the new row has no row like that."""
    return (
        f"NOT EXISTS (SELECT 1 FROM {place}{table} "  # noqa: S608 - ours
        f"WHERE tenant_id = NEW.tenant_id AND {condition})"
    )


def _cut(row: str, place: str = "") -> str:
    """Return up to where entries may go."""
    return _last("audit_anchors", "sequence", row, place)


def _misplaced(table: str, place: str = "") -> str:
    """Return the condition under which a new row of `table` is refused."""
    named = "sequence = NEW.sequence AND digest = NEW.digest"
    reasons = [
        f"NEW.number <> {_last(table, 'number', 'NEW', place)} + 1",
        f"NEW.sequence <= {_last(table, 'sequence', 'NEW', place)}",
        _none("audit_entries", named, place),
    ]
    if table == "audit_anchors":
        reasons += [
            _none("audit_entries", "sequence > NEW.sequence", place),
            _none("audit_checkpoints", "sequence >= NEW.sequence", place),
        ]
    return " OR ".join(reasons)


def _guard_on_sqlite() -> None:
    op.execute("DROP TRIGGER audit_entries_no_delete")
    _trigger(
        "audit_entries_no_delete",
        f"DELETE ON audit_entries WHEN OLD.sequence > {_cut('OLD')}",
        "audit_entries is append-only",
    )
    _trigger(
        "audit_entries_no_return",
        f"INSERT ON audit_entries WHEN NEW.sequence <= {_cut('NEW')}",
        "audit_entries is append-only",
    )
    for table in ("audit_checkpoints", "audit_anchors"):
        refusal = f"{table} is append-only"
        _trigger(f"{table}_no_update", f"UPDATE ON {table}", refusal)
        _trigger(f"{table}_no_delete", f"DELETE ON {table}", refusal)
        _trigger(
            f"{table}_in_place",
            f"INSERT ON {table} WHEN {_misplaced(table)}",
            f"{table} does not follow the trail",
        )


def _trigger(name: str, when: str, refusal: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {when} "
        f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
    )


def _guard_on_postgresql() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar()
    place = '"' + str(schema).replace('"', '""') + '".'
    op.execute("DROP TRIGGER audit_entries_append_only ON audit_entries")
    _function("audit_entries_gone", f"OLD.sequence > {_cut('OLD', place)}")
    _function("audit_entries_back", f"NEW.sequence <= {_cut('NEW', place)}")
    op.execute(
        "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION audit_entries_gone()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_no_return BEFORE INSERT ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION audit_entries_back()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_append_only "
        "BEFORE UPDATE OR TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()"
    )
    for table in ("audit_checkpoints", "audit_anchors"):
        _function(f"{table}_refuse", "TRUE")
        _function(f"{table}_place", _misplaced(table, place))
        op.execute(
            f"CREATE TRIGGER {table}_append_only "
            f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_in_place BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_place()"
        )


def _function(name: str, refused: str) -> None:
    """Make a function that refuses the row where `refused` holds.

    Tables are named with their schema, so that none of a session's own is asked.
    """
    table, _, what = name.rpartition("_")
    refusal = "does not follow the trail" if what == "place" else "is append-only"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        "SET search_path = pg_catalog, pg_temp AS "
        f"$$ BEGIN IF {refused} THEN RAISE EXCEPTION '{table} {refusal}' "
        "USING ERRCODE = 'restrict_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )

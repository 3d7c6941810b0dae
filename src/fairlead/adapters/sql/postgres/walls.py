"""Row-level security: the second wall between tenants.

Every table with a `tenant_id` shows a transaction the rows of the tenant it was begun
for, and takes only such rows, even where a statement forgets to say so. The owner of
the tables is held to it too. Work of the platform that crosses tenants says so
(`fairlead.every_tenant`); a transaction that says nothing sees nothing.
"""

from sqlalchemy import Connection

from fairlead.adapters.sql.postgres.schemas import quoted

POLICY = "one_tenant"

_UNPROTECTED = """
SELECT c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
AND NOT (c.relforcerowsecurity AND EXISTS (
    SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = $2))
ORDER BY c.relname
"""
_SEEN = (
    "tenant_id = nullif(current_setting('fairlead.tenant', true), '')::uuid "
    "OR current_setting('fairlead.every_tenant', true) = 'on'"
)


def protect(connection: Connection, schema: str) -> None:
    """Put up the wall for the tables of `schema` that have none yet."""
    found = connection.exec_driver_sql(_UNPROTECTED, (schema, POLICY)).scalars().all()
    for table in found:
        name = f"{quoted(schema)}.{quoted(table)}"
        for statement in (
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY {POLICY} ON {name} USING ({_SEEN})",
        ):
            connection.exec_driver_sql(statement)

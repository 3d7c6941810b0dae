"""The schemas of a database: one for each module, with its own version table."""

import asyncpg

VERSIONS = "fairlead_migrations"

_SCHEMAS = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $1 AND c.relkind = 'r' ORDER BY n.nspname
"""


def quoted(name: str) -> str:
    """Return `name` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


async def schemas(connection: asyncpg.Connection) -> list[str]:
    """Return the schemas that migrations made."""
    return [row["nspname"] for row in await connection.fetch(_SCHEMAS, VERSIONS)]


async def search_path(connection: asyncpg.Connection) -> str:
    """Return a search path in which every module's tables are found by their name."""
    return ", ".join(quoted(name) for name in await schemas(connection)) or '""'


async def applied(connection: asyncpg.Connection) -> dict[str, str]:
    """Return the newest revision of each module."""
    found = await schemas(connection)
    if not found:
        return {}
    parts = (
        f"SELECT module, revision FROM {quoted(name)}.{VERSIONS}"  # noqa: S608 - quoted
        for name in found
    )
    rows = await connection.fetch(" UNION ALL ".join(parts))
    return {row["module"]: row["revision"] for row in rows}

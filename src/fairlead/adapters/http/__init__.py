"""The Litestar kit: edge layer, problem details, paging, server-sent events."""

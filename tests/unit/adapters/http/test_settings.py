"""Where the server is reached when nobody says it."""

import pytest

from fairlead.adapters.http.settings import HttpSettings


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),  # noqa: S104 - where a server listens
        ("::", "http://[::1]:8080"),
        ("fairlead.internal", "http://fairlead.internal:8080"),
    ],
)
def test_a_server_is_reached_where_it_listens(host: str, url: str) -> None:
    """Every address is none that a letter could name."""
    assert HttpSettings(host=host, port=8080).url == url

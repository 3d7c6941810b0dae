"""Who may read the metrics."""

from fairlead.adapters.http.settings import HttpSettings
from fairlead.kernel.module import PUBLIC, Catalog
from fairlead.services.gateway.module import MODULE, GatewayProvider
from fairlead.services.gateway.permissions import METRICS_READ


def test_metrics_are_for_all_or_for_those_with_the_permission() -> None:
    """As the settings say; production settings say no."""
    catalog = Catalog((MODULE.manifest,))
    tables = [
        GatewayProvider.table(
            GatewayProvider(), catalog, HttpSettings(public_metrics=each)
        )
        for each in (True, False)
    ]

    assert [table.permission("GET", "/metrics") for table in tables] == [
        PUBLIC,
        METRICS_READ,
    ]
    assert tables[1].permission("HEAD", "/metrics") == METRICS_READ
    assert tables[1].permission("GET", "/healthz") == PUBLIC

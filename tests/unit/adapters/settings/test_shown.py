"""What people see of the settings."""

from pathlib import Path

from msgspec import Struct

from fairlead.adapters.settings.home import Home
from fairlead.adapters.settings.load import Settings
from fairlead.adapters.settings.shown import HIDDEN, shown


class Inner(Struct, kw_only=True, frozen=True):
    address: str = "a:1"


class Section(Struct, kw_only=True, frozen=True):
    port: int = 7070
    url: str = ""
    admin_password: str = ""
    names: tuple[str, ...] = ()
    on: bool = True
    inner: Inner = Inner()


def test_all_is_shown_but_secrets() -> None:
    section = Section(
        port=1,
        url="postgresql://ada:s3cret@db/x",
        admin_password="hush",
        names=("A", "B"),
    )
    settings = Settings("test", Home(Path("/x")), {Section: section}, {"http": Section})
    items = {item.key: item for item in shown(settings)["http"]}

    assert items["port"].value == "1"
    assert items["url"].value == f"postgresql://ada:{HIDDEN}@db/x"
    assert items["admin_password"].value == HIDDEN
    assert (items["names"].value, items["on"].value) == ("A, B", "yes")
    assert items["inner.address"].variable == "FAIRLEAD_HTTP__INNER__ADDRESS"
    assert [key for key, item in items.items() if item.usual] == ["on", "inner.address"]

"""Settings out of files and variables."""

from pathlib import Path

import pytest
from msgspec import Struct

from fairlead.adapters.settings.layers import Layers, SettingsInvalid
from fairlead.adapters.settings.load import Settings, read_layers, typed


class Section(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    port: int = 1
    names: tuple[str, ...] = ()
    loud: bool = False


def own_layers(**environ: str) -> Layers:
    """Return the layers without the sections that the shipped files set."""
    layers = read_layers(environ)
    for shipped in read_layers({}).values.keys() - {"environment", "home"}:
        del layers.values[shipped]
    return layers


def load(**environ: str) -> Settings:
    return typed(own_layers(**environ), {"web": Section})


def test_defaults_hold_without_variables() -> None:
    settings = load()
    assert settings.environment == "development"
    assert settings.home.path == Path(".fairlead").absolute()
    assert settings.sections[Section] == Section()


def test_variables_win_and_are_converted() -> None:
    settings = load(
        FAIRLEAD_WEB__PORT="80",
        FAIRLEAD_WEB__NAMES="a, b",
        FAIRLEAD_WEB__LOUD="true",
        FAIRLEAD_HOME="/data",
    )
    assert settings.sections[Section] == Section(port=80, names=("a", "b"), loud=True)
    assert settings.home.path == Path("/data")


def test_lists_may_be_json() -> None:
    settings = load(FAIRLEAD_WEB__NAMES='["a"]')
    assert settings.sections[Section] == Section(names=("a",))


def test_file_lies_between_defaults_and_variables(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("web: {port: 5, loud: true}\n")
    settings = load(FAIRLEAD_SETTINGS=str(file), FAIRLEAD_WEB__PORT="6")
    assert settings.sections[Section] == Section(port=6, loud=True)


class Choice(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    kind: str = "plain"
    size: int = 1


@pytest.mark.parametrize(
    "text", ["web: round", "web: {kind: round}", "web: {size: 1}\nweb: round"]
)
def test_a_section_of_one_word_is_its_kind(tmp_path: Path, text: str) -> None:
    """`engine: temporal` goes together with other values of the section."""
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    layers = own_layers(FAIRLEAD_SETTINGS=str(file), FAIRLEAD_WEB__SIZE="3")

    settings = typed(layers, {"web": Choice})

    assert settings.of(Choice) == Choice(kind="round", size=3)


def test_one_word_for_a_section_without_kinds_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("web: round\n")
    with pytest.raises(SettingsInvalid, match=r"web\.kind \(.*\) is no setting"):
        load(FAIRLEAD_SETTINGS=str(file))


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("FAIRLEAD_WEB__PROT", "1", "web.prot (FAIRLEAD_WEB__PROT)"),
        ("FAIRLEAD_WEB__PORT", "many", "web.port (FAIRLEAD_WEB__PORT)"),
        ("FAIRLEAD_WBE__PORT", "1", "did you mean 'web'"),
        ("FAIRLEAD_WEB_PORT", "1", "did you mean FAIRLEAD_WEB__PORT?"),
        ("FAIRLEAD_ENVIRONMENT", "moon", "no environment 'moon'"),
        ("FAIRLEAD_WEB__NAMES", "[", "FAIRLEAD_WEB__NAMES is no valid JSON"),
        ("FAIRLEAD_SETTINGS", "/nowhere.yaml", "/nowhere.yaml cannot be read"),
    ],
)
def test_wrong_settings_are_refused_with_their_place(
    variable: str, value: str, words: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load(**{variable: value})
    assert words in refused.value.message


def test_variables_of_the_command_line_are_no_settings() -> None:
    load(FAIRLEAD_URL="http://x", FAIRLEAD_TOKEN="t", FAIRLEAD_RUN_ID="r")


def test_shipped_files_fit_their_sections() -> None:
    """Production and development change sections that exist."""
    for name in ("development", "production"):
        layers = read_layers({"FAIRLEAD_ENVIRONMENT": name})
        assert layers.values["pipelines"] == {"unsafe_local": name == "development"}

"""What an operator sets: .env.example names exactly the fields, with their defaults."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def written() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without .env and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


def test_the_example_names_exactly_the_fields() -> None:
    assert list(written()) == [name.upper() for name in Settings.model_fields]


def test_the_example_shows_the_defaults() -> None:
    for name, value in written().items():
        default = Settings.model_fields[name.lower()].default
        plain = default.get_secret_value() if isinstance(default, SecretStr) else default
        assert value == ("" if plain is None else str(plain)), name


def test_the_example_can_be_copied_as_it_is(elsewhere: Path) -> None:
    (elsewhere / ".env").write_bytes(EXAMPLE.read_bytes())
    assert load_settings() == Settings.model_construct()


def test_the_environment_goes_before_the_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".env").write_text("WEB_PORT=1\nPOLICY=城南\n", "utf-8")
    monkeypatch.setenv("WEB_PORT", "2")
    settings = load_settings()
    assert (settings.web_port, settings.policy) == (2, "城南")


def test_secrets_do_not_show() -> None:
    shown = repr(
        Settings(database_url=SecretStr("postgresql://u:geheim@h/d"), redis_url=SecretStr("redis://:geheim@h"))
    )
    assert "geheim" not in shown


@pytest.mark.parametrize("line", ["WEB_PORT=geheim", "WEB_PORT=-1", "WEB_PORT=70000", "LOG_LEVEL=loud"])
def test_a_wrong_value_is_a_sentence_that_does_not_repeat_it(elsewhere: Path, line: str) -> None:
    (elsewhere / ".env").write_text(line, "utf-8")
    name, value = line.split("=")
    with pytest.raises(SettingsError, match=f"设置 {name} 的值不对") as caught:
        load_settings()
    assert value not in str(caught.value)


def test_a_file_in_another_encoding_is_a_sentence(elsewhere: Path) -> None:
    (elsewhere / ".env").write_bytes("POLICY=城南".encode("gb18030"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings()

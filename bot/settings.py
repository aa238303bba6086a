"""What an operator sets: environment variables or .env, read once, frozen."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting cannot be used. str() is a Chinese sentence that names it."""


class Settings(BaseSettings):
    """Every setting. .env.example names exactly these fields, in upper case."""

    # A line such as "REDIS_URL=" of a copied .env.example means the default.
    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_prefix="", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    database_url: SecretStr = Field(default=SecretStr("sqlite:///data/xiaoshao.db"))
    redis_url: SecretStr | None = None
    media_dir: Path = Path("data/media")
    policy: str = "default"
    wording_file: Path | None = Field(default=None, validation_alias=AliasChoices("wording_file", "xiaoshao_wording"))
    channels: Path | None = None
    alarm: str | None = None
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8765, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError."""
    try:
        return Settings()
    except ValidationError as error:
        # Only the name: the value may be a password that was put on the wrong line.
        names = "、".join(dict.fromkeys(str(fault["loc"][0]).upper() for fault in error.errors()))
        raise SettingsError(f"设置 {names} 的值不对，请对照 .env.example 检查环境变量和 .env。") from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError("读不了 .env，请检查它的权限，并存为 UTF-8 编码。") from None

"""What an operator sets: environment variables or .env, read once, frozen."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting. .env.example names exactly these fields, in upper case."""

    model_config = SettingsConfigDict(env_file=".env", env_prefix="", frozen=True, extra="ignore")

    database_url: SecretStr = Field(default=SecretStr("sqlite:///data/xiaoshao.db"))
    redis_url: SecretStr | None = None
    media_dir: Path = Path("data/media")
    policy: str = "default"
    wording_file: Path | None = None
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8765, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

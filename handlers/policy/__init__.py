"""Policy packs: what towns differ in, as data. Here they are loaded; pack.py is what the code is given."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from handlers.policy.checking import PolicyError, require_sense
from handlers.policy.findings import Mistake, in_chinese, mistakes_in
from handlers.policy.inheriting import laid_over
from handlers.policy.pack import Policy

PACKS = Path(__file__).parent.parent / "policies"


def load_policy(name: str = "default") -> Policy:
    """The pack of that name, or the TOML file at that path, laid over the default one. Raises PolicyError."""
    path = PACKS / f"{name}.toml" if not name.endswith(".toml") else Path(name)
    raw = laid_over(_read(PACKS / "default.toml"), _read(path, name))
    try:
        policy = Policy.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"规则包 {path.name} 的 {place} 不对：{in_chinese(first, first['loc'])}") from None
    require_sense(policy, path.name)
    return policy


def check_policy(name: str) -> list[Mistake]:
    """All that keeps the pack of that name, or the TOML file at that path, from being used."""
    path = PACKS / f"{name}.toml" if not name.endswith(".toml") else Path(name)
    if not path.exists() and not name.endswith(".toml"):
        return [Mistake(None, "", _unknown(name))]
    return mistakes_in(path, _read(PACKS / "default.toml"))


def _unknown(name: str) -> str:
    known = "、".join(sorted(pack.stem for pack in PACKS.glob("*.toml")))
    return f"没有名为「{name}」的规则包，可用的有：{known}。"


def _read(path: Path, name: str = "default") -> dict[str, Any]:
    """Raises PolicyError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyError(_unknown(name)) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        remedy = f"xiaoshao policy check {name} 会说是哪一行、怎么改。"
        raise PolicyError(f"规则包 {path.name} 读不了（{type(error).__name__}），{remedy}") from None

"""Small words that all parts of a pack are told with."""

from collections.abc import Iterable

from handlers.setting import Setting
from models.codes import NodeLevel, Role


def roles(setting: Setting, found: Iterable[Role]) -> str:
    return "、".join(setting.words.name("role", role.value) for role in found)


def levels(setting: Setting, found: Iterable[NodeLevel]) -> str:
    """区、镇街; nobody where there are none."""
    return "、".join(setting.words.name("level", level.value) for level in found) or setting.words.say("pack.nobody")


def category(setting: Setting, code: str) -> str:
    return setting.taxonomy[code].name if code in setting.taxonomy else code


def number(value: float) -> str:
    return f"{value:g}"


def days(setting: Setting, value: float) -> str:
    """半个工作日, 3个工作日."""
    return setting.words.say("pack.half_day") if value == 0.5 else setting.words.say("pack.days", count=number(value))


def either(setting: Setting, on: bool, key: str, **values: object) -> list[str]:
    """The sentence of that key, or that of key_off where there is one."""
    if on:
        return [setting.words.say(f"pack.{key}", **values)]
    off = f"pack.{key}_off"
    return [setting.words.say(off, **values)] if setting.words.get(off) is not None else []

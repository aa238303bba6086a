"""xiaoshao policy check: all that is wrong with a pack, for whoever writes it."""

from pathlib import Path

from handlers.explaining import explain
from handlers.packs import lay_out
from handlers.policy import check_policy, load_policy
from handlers.setting import Setting
from handlers.wording import load_wording
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding

FINE = "没有问题。"


def checked(name: str) -> tuple[list[str], bool]:
    """What to tell of the pack of that name, or of that file, line by line; and whether it can be used."""
    found = check_policy(name)
    if not found:
        return [FINE], True
    file = Path(name).name
    return [*(f"✗ {file} {one}" for one in found), f"{file} 有 {len(found)} 处要改，改好再用。"], False


def shown(name: str, wording: Path | None) -> str:
    """The pack of that name, or of that file, explained. Raises PolicyError or WordingError."""
    setting = lay_out(Setting(load_policy(name), load_wording(wording), Taxonomy.load(), _deaf), {})
    return explain(setting, load_policy())


def _deaf(text: str) -> Understanding:
    raise AssertionError("whoever explains a pack understands no messages")

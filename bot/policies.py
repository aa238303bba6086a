"""xiaoshao policy check: all that is wrong with a pack, for whoever writes it."""

from pathlib import Path

from handlers.policy import check_policy

FINE = "没有问题。"


def checked(name: str) -> tuple[list[str], bool]:
    """What to tell of the pack of that name, or of that file, line by line; and whether it can be used."""
    found = check_policy(name)
    if not found:
        return [FINE], True
    file = Path(name).name
    return [*(f"✗ {file} {one}" for one in found), f"{file} 有 {len(found)} 处要改，改好再用。"], False

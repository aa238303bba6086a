"""孩子没人管: a person without care is nothing that is broken, whatever the words look like."""

import re

_WHO = r"(?:孩子|小孩|娃|婴儿|宝宝|老人|老奶奶|老大爷|老太太|老头|病人|残疾人)"
_ALONE = r"(?:没有?人|无人)(?:管|看|带|照看|照顾|照料|照应|理|做饭|喂)"
_UNATTENDED = re.compile(rf"{_WHO}[^，。；;！!？?]{{0,8}}{_ALONE}|{_ALONE}的?{_WHO}")


def is_unattended(text: str) -> bool:
    """Whether the words say that a child, or somebody old or ill, has nobody to look after him."""
    return _UNATTENDED.search(text) is not None

"""What all groups of a place may read: no numbers, and nothing of debts, health or quarrels beside a household."""

import re

from handlers.context import Context
from handlers.discreet.exposing import named, personal
from handlers.discreet.name_words import CLEAN

SHOWN = 3
"""Pieces that a refusal names."""
_OWES = re.compile(
    "欠(?![妥佳缺身安条])|拖着不[交给还]|[没未](?:有)?[交缴]|不[交缴]|赖账|老赖|失信|借(?:了|的)?钱|还不[上起]|赌债"
)
_HOUSEHOLD = re.compile(
    rf"(?:[老小][{CLEAN}]|[{CLEAN}][\u4e00-\u9fff]?[\u4e00-\u9fff]?)家(?![庭电长园乡具属里畜禽政访教人口族村庄沟湾店屯营坡塘堡岭河坝寨圩])(?:的?(?:儿子|女儿|媳妇|老人|孩子|两口子))?"
    rf"|(?<!联系)(?<!找)(?<!问)[老小][{CLEAN}](?![\u4e00-\u9fff]?[村街路乡镇寨庄屯店沟])"
    rf"|[{CLEAN}](?:某{{1,2}}|大爷|大妈|大娘|奶奶|爷爷|阿姨|叔|婶|姐|嫂|哥)"
    r"|(?<!\d)\d{1,3}\s?(?:栋|幢|座|号楼)\s?\d{1,2}\s?(?:单元|门)(?:\s?\d{1,4}(?:室|号|户)?)?"
    r"|\d{1,3}\s?(?:单元|[组队社])\s?\d{1,4}\s?(?:号|户)(?!公示|通知|到|至|前|起)"
    r"|[这那某](?:一)?(?:户|家人|对夫妻|两口子)"
)
_PUBLIC = re.compile("(?:无障碍|残疾人?)(?:坡道|通道|车位|厕所|卫生间|设施|电梯|专席)|孩子们|老人和?小孩")
_MONEY = re.compile("钱[也都请没还不先要]|齐")
"""What begins like a name behind words of debt and is none: 欠的钱也请带来, 交齐."""
_NOT_TOLD = ("violence", "suicide", "health", "minor", "dispute", "former", "petition")


def require_seemly(ctx: Context, text: str, kind: str = "") -> None:
    """Raises Refusal for what no group may read of anybody, with what to take out. kind: the heading over the text."""
    if pieces := personal(text):
        shown = "、".join(pieces[:SHOWN]) if ctx.room is None else ctx.say("publication.these")
        raise ctx.refuse("refuse.publish_personal", pieces=shown)
    said = f"{kind}，{text}" if kind else text
    if (found := named(said, ctx.policy.publications.sensitive)) is not None:
        word, names = found
        shown = "、".join(names[:SHOWN]) if ctx.room is None else ctx.say("publication.these_names")
        raise ctx.refuse("refuse.publish_names", word=word, names=shown)
    if (aside := unseemly(ctx, said)) is not None:
        reason, pieces = aside
        shown = "、".join(pieces[:SHOWN])
        if ctx.room is not None:  # the group reads the refusal
            reason, shown = ctx.setting.words.name("unseemly", "any"), ctx.say("publication.these_names")
        raise ctx.refuse("refuse.publish_unseemly", reason=reason, names=shown)


def unseemly(ctx: Context, text: str) -> tuple[str, list[str]] | None:
    """What the words speak of that is nobody else's business, and whose household they name, if there are both."""
    open_words = _PUBLIC.sub("", text)
    owes = _OWES.search(open_words)
    kinds = ctx.setting.delicate(open_words)
    kind = next((one for one in _NOT_TOLD if one in kinds), None)
    if owes is None and kind is None:
        return None
    households = [match[0] for match in _HOUSEHOLD.finditer(open_words)]
    words = (owes[0],) if owes is not None else ()
    names = named(open_words, words) if words else None
    found = list(dict.fromkeys([*households, *(names[1] if names is not None else ())]))
    found = [one for one in found if _MONEY.match(one) is None]
    found = [one for one in found if not any(one != other and one in other for other in found)]
    if not found:
        return None
    reason = ctx.setting.words.name("unseemly", kind if kind is not None and owes is None else "debt")
    return reason, found

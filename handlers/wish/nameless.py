"""Wishes whose wisher the group does not hear of."""

import re
from collections.abc import Iterable

from handlers.context import Context
from handlers.setting import Setting
from models.ticket_tables import Ticket

_ASKED = re.compile(
    "匿名|(?:不要?|别|不想|不用|请勿)(?:在?群里)?(?:写|说|提|留|报|公开|露|登)出?(?:我|本人)?们?(?:家)?的?(?:名字|姓名|名儿?(?!单))"
)
_LAST = re.compile(rf"[\s，,。；;、]+(?:请)?(?:{_ASKED.pattern})[^，,。；;]{{0,4}}$")
SHORTEST = 2
"""Characters of a name that may be looked for in somebody's words: a shorter one stands in other words too."""


def asks(text: str) -> bool:
    """Whether the words ask that the group does not hear whose wish it is."""
    return _ASKED.search(text) is not None


def unnamed(ctx: Context, wish: Ticket, text: str) -> str:
    """Words that a group is to read, without the wisher's name if he is not to be named."""
    if not wish.nameless:
        return text
    people = [ctx.uow.people.get(row.person_id) for row in ctx.uow.tickets.requesters(wish.id)]
    return _without(ctx.setting, text, (name for person in people for name in (ctx.called(person), person.name)))


def _without(setting: Setting, text: str, names: Iterable[str]) -> str:
    somebody = setting.words.say("name.resident")
    for name in names:
        text = text.replace(name, somebody) if len(name) >= SHORTEST else text
    return text


def hide(setting: Setting, wish: Ticket, names: Iterable[str]) -> None:
    """From now on no group hears who wished, also not from the wish's own words."""
    wish.nameless = True
    wish.title = _LAST.sub("", wish.title)
    known = list(names)
    wish.title = _without(setting, wish.title, known)
    wish.place = None if wish.place is None else _without(setting, wish.place, known)

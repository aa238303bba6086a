"""党员首议: what nobody has claimed is put to the party members before the branch gives it to somebody."""

from collections.abc import Sequence

from handlers.effects import Effect, Say, Tell
from handlers.setting import Setting
from handlers.wish.helpers import IN_HAND, wanted
from models.codes import PostKind, Role, Status
from models.tables import Person
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

LENGTH = 12
"""Wishes that one line names; the menu has them all."""


def put(uow: UnitOfWork, setting: Setting, wishes: Sequence[Ticket]) -> list[Effect] | None:
    """A private line to each party member who can be written to, or one in the group; None: there is neither.

    They read of the wishes what the group may read.
    """
    rule, room_id = setting.policy.wishes.members_first, wishes[0].room_id
    found = _members(uow, wishes)
    one = len(wishes) == 1
    lines, more = lines_of(uow, setting, wishes, group=True)
    text = setting.words.say(
        "offer.members",
        lines=lines,
        more=more,
        number=wishes[0].number if one else setting.words.say("offer.number"),
        hours=f"{rule.hours:g}",
    )
    ids = tuple(wish.id for wish in wishes)
    if rule.way == "private" and 0 < len(found) <= rule.most:
        valid = (Status.OPEN,) if all(wish.helpers_wanted == 1 for wish in wishes) else (Status.OPEN, *IN_HAND)
        return [Tell(person.id, PostKind.NOTICE, text, ids, room_id=room_id, valid_in=valid) for person in found]
    if not found or room_id is None:
        return None
    return [Say(room_id, PostKind.NOTICE, text, ids)]


def _members(uow: UnitOfWork, wishes: Sequence[Ticket]) -> list[Person]:
    """The party members nearest to the wishes who can be written to and do not wish for one of them."""
    asking = {row.person_id for wish in wishes for row in uow.tickets.requesters(wish.id)}
    for node in uow.places.line(uow.places.node(wishes[0].node_id)):
        holders = [one for one in uow.people.holders(node, (Role.PARTY_MEMBER,)) if one.id not in asking]
        found = [one for one in holders if any(row.reachable for row in uow.people.identities(one.id))]
        if found:
            return found
    return []


def lines_of(uow: UnitOfWork, setting: Setting, wishes: Sequence[Ticket], *, group: bool) -> tuple[str, str]:
    """A line for each wish, and what is said of those that are too many."""
    lines = [
        setting.words.say("offer.line", label=setting.label(wish, group=group), wanted=wanted(uow, setting, wish))
        for wish in wishes[:LENGTH]
    ]
    more = setting.words.say("menu.more", count=len(wishes) - LENGTH) if len(wishes) > LENGTH else ""
    return "\n".join(lines), more

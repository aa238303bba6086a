"""What whoever operates the bot has to hear: an account hears nothing, or hears again; a group has thrown it out."""

from handlers.effects import Effect, Say, Tell
from handlers.setting import Setting
from models.codes import PostKind, Role
from models.tables import Room
from models.uow import UnitOfWork

NOTICE_BOARD = "wecom_webhook"
"""The kind of an account that only posts into the one group of its own."""


def logged_out(uow: UnitOfWork, setting: Setting, account: str, reason: str, carrier: str) -> list[Effect]:
    """An account cannot hear any more; at night too, because nobody hears of an emergency meanwhile."""
    why = setting.words.get(f"offline.{reason.replace(' ', '_')}") or reason[:40]
    rooms = sum(room.node_id is not None for room in uow.places.rooms(account))
    text = setting.words.say("channel.logged_out", account=account, reason=why, count=rooms)
    return _tell(uow, carrier, PostKind.EMERGENCY, text)


def logged_in(uow: UnitOfWork, setting: Setting, account: str, carrier: str) -> list[Effect]:
    """It hears again."""
    return _tell(uow, carrier, PostKind.NOTICE, setting.words.say("channel.logged_in", account=account))


def room_gone(uow: UnitOfWork, setting: Setting, room: Room, carrier: str) -> list[Effect]:
    """The account is no longer in a group, which is off from now on."""
    text = setting.words.say("channel.room_gone", account=room.account, room=room.name)
    return _tell(uow, carrier, PostKind.NOTICE, text)


def forwarder(uow: UnitOfWork, account: str, external_id: str) -> tuple[str, str] | None:
    """Who leads a group and can be asked to forward something there: (his external id on the account, its name)."""
    room = uow.places.room(account, external_id)
    if room is None or room.node_id is None:
        return None
    for person in uow.people.leaders(uow.places.line(uow.places.node(room.node_id))):
        identity = uow.people.identity_on(person.id, account)
        if identity is not None:
            return identity.external_id, room.name
    return None


def _tell(uow: UnitOfWork, carrier: str, kind: PostKind, text: str) -> list[Effect]:
    """The line in the carrier's own group, or privately to each administrator whom the carrier can write to."""
    if uow.places.account(carrier).transport == NOTICE_BOARD:
        return [Say(room.id or 0, kind, text) for room in uow.places.rooms(carrier)[:1]]
    effects: list[Effect] = []
    for person in uow.people.all_with(Role.ADMIN):
        identity = uow.people.identity_on(person.id, carrier)
        if identity is not None and identity.reachable:
            effects.append(Tell(person.id, kind, text))
    return effects

"""From the people and rooms of a chat file to a village in the database."""

from bot.replay.chatfile import ChatFile, ChatRole
from bot.replay.engine import ACCOUNT
from bot.village import PersonPlan, RoomPlan, VillagePlan
from models.codes import Role, RoomMode


def village_of(chat: ChatFile, village_name: str) -> VillagePlan:
    """Each room its own 微网格 under one 村社区; roles per room, 党员 and 物业 of the whole village."""
    mode = RoomMode(chat.mode) if chat.mode is not None else RoomMode.ON
    led = {person.room for person in chat.people if person.role is ChatRole.LEADER and person.room is not None}
    names: dict[str, str] = {}
    roles: dict[str, dict[str, Role]] = {}
    village: dict[str, list[Role]] = {}
    for person in chat.people:
        names[person.id] = person.name
        own, everywhere = roles.setdefault(person.id, {}), village.setdefault(person.id, [])
        match person.role:
            case ChatRole.RESIDENT if person.room is not None:
                own[person.room] = Role.RESIDENT
            case ChatRole.LEADER if person.room is not None:
                own[person.room] = Role.MICRO_LEADER
            case ChatRole.LEADER:
                # Said only in private, so of no room: of every room that nobody else leads.
                own.update({room.id: Role.MICRO_LEADER for room in chat.rooms if room.id not in led})
            case ChatRole.PARTY_MEMBER:
                everywhere.append(Role.PARTY_MEMBER)
            case ChatRole.PROPERTY:
                everywhere.append(Role.PROPERTY)
            case _:
                pass
        if person.room is not None and person.room not in own:
            own[person.room] = Role.RESIDENT
    return VillagePlan(
        account=ACCOUNT,
        transport="replay",
        code="replay",
        name=village_name,
        rooms=[RoomPlan(room.id, room.name, mode) for room in chat.rooms],
        people=[PersonPlan(id, name, roles[id], tuple(dict.fromkeys(village[id]))) for id, name in names.items()],
    )

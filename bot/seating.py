"""By the pack of which place a post goes."""

from collections.abc import Sequence

from handlers.setting import Setting
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork


def of_row(uow: UnitOfWork, setting: Setting, row: Outgoing) -> Setting:
    """That of its room's place; of a private line, of the first thing that it speaks of. Else the deployment's own."""
    if len(setting.packs) < 2:
        return setting
    if row.room_id is not None:
        return of_room(uow, setting, row.room_id)
    return of_subject(uow, setting, row.ticket_ids, row.signal_ids, row.record_ids or (), row.leader_of)


def of_subject(
    uow: UnitOfWork,
    setting: Setting,
    tickets: Sequence[str],
    signals: Sequence[int],
    records: Sequence[int],
    room_id: int | None,
) -> Setting:
    """That of the first of these."""
    if len(setting.packs) < 2:
        return setting
    if tickets:
        return setting.of(uow, uow.tickets.get(tickets[0]))
    if signals and (signal := uow.signals.get(signals[0])) is not None:
        return setting.at(uow, uow.places.node(signal.node_id))
    if records:
        return setting.at(uow, uow.places.node(uow.records.get(records[0]).node_id))
    return of_room(uow, setting, room_id)


def of_room(uow: UnitOfWork, setting: Setting, room_id: int | None) -> Setting:
    """That of the place to which the room is bound."""
    if room_id is None or len(setting.packs) < 2:
        return setting
    node_id = uow.places.room_by_id(room_id).node_id
    return setting if node_id is None else setting.at(uow, uow.places.node(node_id))

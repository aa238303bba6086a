"""Numbers of several 村社区 side by side: who works in more than one reads of which each is, as he would say it."""

import re
from collections.abc import Sequence

from handlers.setting import Setting
from models.codes import Role
from models.outgoing_tables import Outgoing
from models.ticket_tables import Ticket
from models.uow import UnitOfWork

_NAME = re.compile(r"[\u4e00-\u9fff]{2,8}")
"""What may stand before the number in a command (handlers/numbers.py)."""


def with_scopes(uow: UnitOfWork, setting: Setting, row: Outgoing, text: str) -> str:
    """A private line with 清河村-12 in the place of #12, 清河村-S3 of S3, also in its answers, for those few."""
    if row.room_id is not None or row.person_id is None or not (row.ticket_ids or row.signal_ids):
        return text
    if not _works_in_several(uow, setting, row.person_id):
        return text
    tickets = [uow.tickets.get(ticket_id) for ticket_id in row.ticket_ids]
    numbers = [ticket.number for ticket in tickets]
    for ticket in tickets:
        name = uow.places.node(ticket.scope_id).name
        if numbers.count(ticket.number) > 1 or _NAME.fullmatch(name) is None:
            continue
        text = re.sub(rf"#{ticket.number}(?!\d)", f"{name}-{ticket.number}", text)
        text = re.sub(rf"(「[\u4e00-\u9fff]+ ){ticket.number}(?=[ 」])", rf"\g<1>{name}-{ticket.number}", text)
    signals = [one for signal_id in row.signal_ids if (one := uow.signals.get(signal_id)) is not None]
    heard = [signal.number for signal in signals]
    for signal in signals:
        name = uow.places.node(signal.scope_id).name
        if heard.count(signal.number) == 1 and _NAME.fullmatch(name) is not None:
            text = re.sub(rf"(?<![\w-])S{signal.number}(?!\d)", f"{name}-S{signal.number}", text)
    return text


def beside_others(uow: UnitOfWork, label: str, ticket: Ticket, tickets: Sequence[Ticket]) -> str:
    """A ticket's line in a list: with its 村社区 where the list has tickets of several."""
    if len({one.scope_id for one in tickets}) < 2:
        return label
    return f"{uow.places.node(ticket.scope_id).name}-{label.removeprefix('#')}"


def _works_in_several(uow: UnitOfWork, setting: Setting, person_id: str) -> bool:
    level = setting.policy.number_scope
    nodes = [uow.places.node(one.node_id) for one in uow.people.grants(person_id) if one.role is not Role.RESIDENT]
    nodes += [uow.places.node(one.node_id) for one in uow.organisations.of_person(person_id)]
    return len({scope for node in nodes for scope in uow.places.scopes_at(node, level)}) > 1

"""What a handler is given, and the questions that every handler asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handlers import charge
from handlers.deputies import roles_lent
from handlers.parsing import Args
from handlers.policy.pack import Policy
from handlers.wording import Wording
from models.codes import OPEN_TO_ALL, STAFF, Role, RoomPurpose, Status
from models.masking import mask, short
from models.message import Message
from models.states import ENDED, UNPUBLISHED
from models.tables import GridNode, Person, Room
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Relation, Understand, Utterance


@dataclass(frozen=True, slots=True)
class Remembered:
    """A recent message of a room with its understanding; lives in memory for minutes."""

    message: Message
    utterance: Utterance


LABEL_LENGTH = 24
"""Characters of a title that a line shows."""


class Refusal(Exception):
    """The person cannot have this. str() is one short sentence for him; nothing has changed."""


class NotEntitledError(Refusal):
    """It is somebody else's to do. Who never addressed the bot may not have meant it at all."""


_NOT_ENTITLED = frozenset(
    f"refuse.{name}"
    for name in (
        "role", "staff_only", "leader_only", "requester_only", "requester_only_staff", "not_your_claim", "not_yours",
        "no_alarm", "roles_paused", "operators_only",
    )
)  # fmt: skip


UNREAD = "unread"
"""Flag of a ticket that somebody registered in words which understanding could not place: they may say anything."""


def wordless(ticket: Ticket) -> bool:
    """Whether groups and reports show its number and category only: health, children, unread, what is private, and
    what nobody has agreed to yet."""
    return bool(ticket.flags) or ticket.private or ticket.status is Status.PROPOSED


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same from message to message. features: rows of the model of that name that a text has."""

    policy: Policy
    words: Wording
    taxonomy: Taxonomy
    understand: Understand
    features: Callable[[str], tuple[int, ...]] = lambda _: ()
    model: str = ""

    def label(self, ticket: Ticket, *, group: bool, limit: int = LABEL_LENGTH) -> str:
        """「#3【管道渗漏】三楼漏水」: masked for a group, without any words when they are sensitive there."""
        number = f"#{ticket.number}【{self.taxonomy[ticket.category].name}】"
        if group and wordless(ticket):
            return number
        return number + short(mask(ticket.title) if group else ticket.title, limit)

    def moment(self, at: datetime) -> str:
        """A time as people write it: 11月22日 18:00, in the policy's zone."""
        local = at.astimezone(self.policy.zone)
        return f"{local.month}月{local.day}日 {local:%H:%M}"

    def status(self, ticket: Ticket) -> str:
        if ticket.status is Status.REJECTED and UNPUBLISHED in ticket.flags:
            return self.words.say("approval.declined_status")
        return self.words.name("status", ticket.status.value)

    def finish(self, ticket: Ticket) -> str:
        """The command that reports the ticket as done."""
        return self.words.name("finish", ticket.kind.value)


@dataclass(frozen=True, slots=True)
class Context:
    """One message and everything that a handler may know about it.

    room and node are None in a private chat. quoted… hold the tickets, signals and records of the bot's
    post that the message quotes. recall finds a recent message of the room by id; lately gives what the
    speaker said there in the last minutes. Time is now, never the clock
    of the machine. roles_paused: nobody knows for certain who anybody is here, so that everybody is a
    resident.
    """

    message: Message
    uow: UnitOfWork
    setting: Setting
    now: datetime
    room: Room | None = None
    node: GridNode | None = None
    args: Args = field(default_factory=Args)
    relation: Relation | None = None
    quoted: tuple[str, ...] = ()
    quoted_signals: tuple[int, ...] = ()
    quoted_records: tuple[int, ...] = ()
    recall: Callable[[str], Remembered | None] = lambda _: None
    lately: Callable[[], Sequence[Remembered]] = tuple
    roles_paused: bool = False

    @property
    def policy(self) -> Policy:
        return self.setting.policy

    def say(self, key: str, **values: object) -> str:
        return self.setting.words.say(key, **values)

    def refuse(self, key: str, **values: object) -> Refusal:
        return (NotEntitledError if key in _NOT_ENTITLED else Refusal)(self.say(key, **values))

    # -- people ---------------------------------------------------------------------------------

    def me(self) -> Person:
        """The person who speaks; made on first need."""
        return self.uow.people.known(self.message.account, self.message.sender, self.message.sender_name)

    def known_me(self) -> Person | None:
        """The person who speaks, if he is known already."""
        identity = self.uow.people.identity(self.message.account, self.message.sender)
        return None if identity is None else self.uow.people.get(identity.person_id)

    def roles(self, node: GridNode | None) -> frozenset[Role]:
        """The speaker's roles at the node; all of his roles when node is None."""
        person = self.known_me()
        if person is None or self.roles_paused:
            return frozenset({Role.RESIDENT})
        if node is None:
            held = frozenset(grant.role for grant in self.uow.people.grants(person.id))
        else:
            held = self.uow.people.roles_at(person.id, node)
        held |= roles_lent(self.uow, person.id, node, self.now)
        return held or frozenset({Role.RESIDENT})

    def called(self, person: Person) -> str:
        """How a person is called in this account's rooms."""
        identity = self.uow.people.identity_on(person.id, self.message.account)
        return (identity.display_name if identity else "") or person.name or self.say("name.somebody")

    @property
    def my_name(self) -> str:
        return self.called(self.me())

    def reachable(self, person: Person) -> bool:
        """Whether the bot can write to the person privately on this account."""
        identity = self.uow.people.identity_on(person.id, self.message.account)
        return identity is not None and identity.reachable

    # -- tickets --------------------------------------------------------------------------------

    def node_of(self, ticket: Ticket) -> GridNode:
        return self.uow.places.node(ticket.node_id)

    def leaders(self, ticket: Ticket) -> list[Person]:
        """Who is in charge of a ticket at its level, nearest first."""
        return charge.leaders(self.uow, ticket)

    def handler(self, ticket: Ticket) -> Person | None:
        """Who has to see to a ticket now: whoever it was given to, else the leader."""
        return charge.in_charge(self.uow, ticket)

    def handles(self, ticket: Ticket) -> bool:
        """Whether the ticket was given to the speaker, or to somebody for whom he stands in."""
        person = self.known_me()
        if person is None or ticket.handler_id is None:
            return False
        principals = self.uow.deputies.principals(person.id, self.now)
        return ticket.handler_id == person.id or ticket.handler_id in principals

    def takes_for(self, ticket: Ticket) -> Person:
        """Whose the ticket is when the speaker takes it on: his own, or whose deputy he is where he does not work."""
        me, node = self.me(), self.node_of(ticket)
        if charge.works_at(self.uow, me, node):
            return me
        principals = map(self.uow.people.get, self.uow.deputies.principals(me.id, self.now))
        return next((one for one in principals if charge.works_at(self.uow, one, node)), me)

    def is_mine(self, ticket: Ticket) -> bool:
        """Whether the speaker asked for the ticket, has claimed it or handles it."""
        person = self.known_me()
        if person is None:
            return False
        if self.roles_paused:
            # Who has answered an emergency may read what it is.
            alarm = self.uow.alarms.get(ticket.id)
            return self.is_requester(ticket) or (alarm is not None and alarm.acknowledged_by == person.id)
        if self.handles(ticket):
            return True
        asked = self.uow.tickets.requester(ticket.id, person.id)
        if asked is not None and asked.withdrawn_at is None:
            return True
        return self.uow.wishes.of(ticket.id, person.id) is not None

    def has_in_hand(self, ticket: Ticket) -> bool:
        """Whether the speaker handles the ticket or has claimed it."""
        person = self.known_me()
        if person is None:
            return False
        return self.handles(ticket) or self.uow.wishes.of(ticket.id, person.id) is not None

    def answers_for(self, ticket: Ticket) -> bool:
        """Whether the speaker belongs to the organisation that has to solve the ticket."""
        person = self.known_me()
        if person is None or ticket.organisation_id is None or ticket.private:
            return False
        return ticket.organisation_id in {one.id for one in self.uow.organisations.of_person(person.id)}

    def is_requester(self, ticket: Ticket) -> bool:
        """Whether the speaker asks for the ticket."""
        person = self.known_me()
        asked = None if person is None else self.uow.tickets.requester(ticket.id, person.id)
        return asked is not None and asked.withdrawn_at is None

    def may_read(self, ticket: Ticket) -> bool:
        """Whether the speaker may see all words of the ticket, in private: they are his own, or it is his work."""
        roles = self.roles(self.node_of(ticket))
        if roles & STAFF or self.answers_for(ticket) or (Role.PROPERTY in roles and not wordless(ticket)):
            return True
        person = self.known_me()
        if person is None:
            return False
        return self.has_in_hand(ticket) or self.said(ticket, person)

    def said(self, ticket: Ticket, person: Person) -> bool:
        """Whether the ticket's words are that person's: who only joined reads them as a group does."""
        return self.uow.tickets.opened_by(ticket.id) == person.id

    def visible(self, ticket: Ticket) -> bool:
        """Whether the ticket may be spoken of here, to this speaker."""
        node = self.node_of(ticket)
        if self.node is not None and self.room is not None:
            below = node.path.startswith(self.node.path) or self._came_from_here(ticket, self.node)
            return below and (not ticket.private or self.room.purpose is RoomPurpose.STAFF)
        if self.is_mine(ticket) or self.answers_for(ticket):
            return True
        if ticket.private or self.roles_paused:
            return bool(self.roles(node) & STAFF)
        person = self.known_me()
        if person is None:
            return False
        return bool(self.uow.people.roles_at(person.id, node) or roles_lent(self.uow, person.id, node, self.now))

    def _came_from_here(self, ticket: Ticket, here: GridNode) -> bool:
        """Whether something of this place was merged into it."""
        nodes = (self.node_of(inside) for inside in self.uow.unions.inside(ticket.id))
        return any(node.path.startswith(here.path) for node in nodes)

    def find(self, args: Args | None = None, *, follow: bool = True) -> Ticket:
        """The ticket that the command is about. Raises Refusal with what to do.

        Of one that was merged into another the number says no more than that, unless follow is False; a quoted post
        about it leads to the other.
        """
        args = self.args if args is None else args
        if args.number is None:
            tickets = self.quoted_tickets(follow=follow)
            if len(tickets) == 1:
                return tickets[0]
            raise self.refuse("refuse.which_number")
        found = self.matching(args.number, args.scope)
        if not found:
            raise self._no_ticket(args.number, args.scope)
        if len(found) > 1:
            names = "、".join(f"{self.uow.places.node(t.scope_id).name}-{t.number}" for t in found)
            raise self.refuse("refuse.which_scope", number=args.number, names=names)
        if follow and found[0].merged_into is not None:
            into = self.uow.unions.end_of(found[0])
            raise self.refuse("refuse.merged", number=args.number, into=into.number)
        return found[0]

    def quoted_tickets(self, *, follow: bool = True) -> list[Ticket]:
        """The tickets of the quoted post, or (follow) what they were merged into. Raises Refusal unless visible."""
        found = {}
        for ticket_id in self.quoted:
            ticket = self.uow.tickets.get(ticket_id)
            ticket = self.uow.unions.end_of(ticket) if follow else ticket
            found[ticket.id] = ticket
        return [self._seen(ticket) for ticket in found.values()] if len(found) == 1 else list(found.values())

    def _seen(self, ticket: Ticket) -> Ticket:
        """The ticket of a quoted post, which anybody may have carried here. Raises Refusal unless it is visible."""
        if self.visible(ticket):
            return ticket
        if self.room is not None and self.may_read(ticket):
            raise self.refuse("refuse.private_only")
        raise self.refuse("refuse.no_ticket", number=ticket.number)

    def _no_ticket(self, number: int, scope: str | None) -> Refusal:
        """There is no such ticket here; what has the number instead is named where everybody may know of it."""
        records = (self.uow.records.by_number(scope_id, number) for scope_id in self.scopes(scope))
        kind = next((one.kind for one in records if one is not None and one.kind in OPEN_TO_ALL), None)
        if kind is None:
            return self.refuse("refuse.no_ticket", number=number)
        return self.refuse("refuse.is_record", number=number, kind=self.setting.words.name("record_kind", kind.value))

    def matching(self, number: int, scope: str | None = None) -> list[Ticket]:
        """The visible tickets with that number, at most one a scope."""
        found = [self.uow.tickets.by_number(scope_id, number) for scope_id in self.scopes(scope)]
        return [ticket for ticket in found if ticket is not None and self.visible(ticket)]

    def scopes(self, name: str | None) -> list[int]:
        """Ids of the nodes within which a number said here may count."""
        if name is not None:
            return [node.id for node in self.uow.places.nodes_named(name, self.policy.number_scope) if node.id]
        if self.node is not None:
            scope = self.uow.places.scope(self.node, self.policy.number_scope)
            return [scope.id] if scope.id is not None else []
        return self.my_scopes()

    def my_scopes(self) -> list[int]:
        """Ids of the number scopes that the speaker belongs to, by his roles and his tickets."""
        person = self.known_me()
        if person is None:
            return []
        people = [person.id, *self.uow.deputies.principals(person.id, self.now)]
        nodes = [self.uow.places.node(grant.node_id) for one in people for grant in self.uow.people.grants(one)]
        ids = [scope for node in nodes for scope in self.uow.places.scopes_at(node, self.policy.number_scope)]
        places = [self.uow.places.node(one.node_id) for one in self.uow.organisations.of_person(person.id)]
        ids += [scope for node in places for scope in self.uow.places.scopes_at(node, self.policy.number_scope)]
        ids += self.uow.tickets.scopes_of(person.id)
        return list(dict.fromkeys(ids))

    # -- words ----------------------------------------------------------------------------------

    def category(self, code: str) -> str:
        return self.setting.taxonomy[code].name

    def label(self, ticket: Ticket, *, group: bool, limit: int = LABEL_LENGTH) -> str:
        return self.setting.label(ticket, group=group, limit=limit)

    def status(self, ticket: Ticket) -> str:
        return self.setting.status(ticket)

    def ended(self, ticket: Ticket) -> bool:
        return ticket.status in ENDED

"""What a handler is given, and the questions that every handler asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from handlers.discreet.standing import Kind, Standing, allows, label_to, reads
from handlers.parsing import Args
from handlers.people.deputies import principals
from handlers.refusals import Refusal
from handlers.setting import LABEL_LENGTH, Setting
from handlers.speaker import Speaker
from models.codes import OPEN_TO_ALL, RoomPurpose
from models.message import Message
from models.states import ENDED
from models.tables import GridNode, Person
from models.ticket_tables import Ticket
from nlp.understanding import Relation, Utterance

SCOPES_NAMED = 6
"""So many places are named where several have that number."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A recent message of a room with its understanding; lives in memory for minutes."""

    message: Message
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Context(Speaker):
    """One message and everything that a handler may know about it.

    quoted… hold the tickets, signals and records of the bot's post that the message quotes. recall finds a recent
    message of the room by id; pictures are those that the speaker sent to the bot alone a moment ago, held by nothing
    yet; lately gives what the speaker said there in the last minutes. packs: in a private chat, the settings of all
    places to which the speaker belongs, where these have packs of their own.
    """

    args: Args = field(default_factory=Args)
    relation: Relation | None = None
    quoted: tuple[str, ...] = ()
    quoted_signals: tuple[int, ...] = ()
    quoted_records: tuple[int, ...] = ()
    recall: Callable[[str], Remembered | None] = lambda _: None
    pictures: Callable[[], tuple[Message, ...]] = lambda: ()
    lately: Callable[[], Sequence[Remembered]] = tuple
    packs: tuple[Setting, ...] = ()

    # -- packs ----------------------------------------------------------------------------------

    def at(self, node: GridNode) -> "Context":
        """The same message, by the pack of that place."""
        setting = self.setting.at(self.uow, node)
        return self if setting is self.setting else replace(self, setting=setting)

    def of(self, ticket: Ticket) -> "Context":
        """The same message, by the pack of the ticket's place."""
        return self if len(self.setting.packs) < 2 else self.at(self.node_of(ticket))

    # -- tickets --------------------------------------------------------------------------------

    def visible(self, ticket: Ticket) -> bool:
        """Whether the ticket may be spoken of here, to this speaker."""
        if self.is_spoken_of(ticket):
            return False
        if self.node is None or self.room is None:
            return self.reads(ticket, Kind.EXISTS)
        here = Standing.STAFF_ROOM if self.room.purpose is RoomPurpose.STAFF else Standing.GROUP
        mine = ticket.room_id == self.room.id  # it was said here, whatever place the room was moved to since
        below = self.node_of(ticket).path.startswith(self.node.path) or self._came_from_here(ticket, self.node)
        return (mine or below) and allows(here, Kind.EXISTS, ticket)

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
            names = "、".join(f"{self.uow.places.node(t.scope_id).name}-{t.number}" for t in found[:SCOPES_NAMED])
            left = len(found) - SCOPES_NAMED
            more = self.say("name.more_scopes", count=left) if left > 0 else ""
            raise self.refuse("refuse.which_scope", number=args.number, names=names, more=more)
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
        records = self.uow.records.numbered(self.scopes(scope), number)
        kind = next((one.kind for one in records if one.kind in OPEN_TO_ALL), None)
        if kind is None and scope is not None:
            return self.refuse("refuse.no_ticket_there", scope=scope, number=number)
        if kind is None:
            return self.refuse("refuse.no_ticket", number=number)
        return self.refuse("refuse.is_record", number=number, kind=self.setting.words.name("record_kind", kind.value))

    def matching(self, number: int, scope: str | None = None) -> list[Ticket]:
        """The visible tickets with that number, at most one a scope; here those of the place come before those of a
        place where the room was."""
        found = self.uow.tickets.numbered(self.scopes(scope), number)
        seen = [ticket for ticket in found if self.visible(ticket)]
        if seen or scope is not None or self.room is None or self.room.id is None:
            return seen
        # A room that was moved to another place keeps what was said in it, under the numbers of the old one.
        return [ticket for ticket in self.uow.tickets.said_in(self.room.id, number) if self.visible(ticket)]

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
        people = [person.id, *principals(self.uow, person.id, self.now)]
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

    def may_be_read(self, ticket: Ticket, person: Person | None, kind: Kind) -> bool:
        """Whether somebody else may read that kind of the ticket; None: whoever leads there."""
        return reads(self.uow, self.setting, ticket, None if person is None else person.id, kind, self.now)

    def label_to(self, ticket: Ticket, person: Person | None, limit: int = LABEL_LENGTH) -> str:
        """How it is called to somebody who has to do with it; None: whoever leads there."""
        return label_to(self.uow, self.setting, ticket, None if person is None else person.id, self.now, limit)

    def status(self, ticket: Ticket) -> str:
        return self.setting.status(ticket)

    def ended(self, ticket: Ticket) -> bool:
        return ticket.status in ENDED

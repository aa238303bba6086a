"""Who says a message, what he is here, and what he is to a ticket."""

from dataclasses import dataclass
from datetime import datetime

from handlers.discreet.standing import KEEPERS, Kind, answers_for, handles, is_privy, is_spoken_of, reads
from handlers.discreet.wordless import HANDLER_ONLY
from handlers.people.deputies import principals, roles_lent
from handlers.policy.pack import Policy
from handlers.refusals import NOT_ENTITLED, NotEntitledError, Refusal
from handlers.setting import Setting
from handlers.ticket import charge
from models.codes import STAFF, Role
from models.message import Message
from models.tables import GridNode, Person, Room
from models.ticket_tables import Ticket
from models.tickets import LATER
from models.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Speaker:
    """A message and whoever says it, within the unit of work that it gets.

    room and node are None in a private chat. Time is now, never the clock of the machine. roles_paused: nobody knows
    for certain who anybody is here, so that everybody is a resident.
    """

    message: Message
    uow: UnitOfWork
    setting: Setting
    now: datetime
    room: Room | None = None
    node: GridNode | None = None
    roles_paused: bool = False

    @property
    def policy(self) -> Policy:
        return self.setting.policy

    def say(self, key: str, **values: object) -> str:
        return self.setting.words.say(key, **values)

    def refuse(self, key: str, **values: object) -> Refusal:
        return (NotEntitledError if key in NOT_ENTITLED else Refusal)(self.say(key, **values))

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
        return charge.leaders(self.uow, ticket, routing=self.setting.of(self.uow, ticket).policy.routing)

    def handler(self, ticket: Ticket) -> Person | None:
        """Who has to see to a ticket now: whoever it was given to, else the leader."""
        return charge.in_charge(self.uow, ticket, routing=self.setting.of(self.uow, ticket).policy.routing)

    def handles(self, ticket: Ticket) -> bool:
        """Whether the ticket was given to the speaker, or to somebody for whom he stands in; or to all who hear first,
        of whom he is one."""
        person = self.known_me()
        return person is not None and handles(self.uow, self.setting, ticket, person.id, self.now)

    def takes_for(self, ticket: Ticket) -> Person:
        """Whose the ticket is when the speaker takes it on: his own, or whose deputy he is where he does not work."""
        me, node = self.me(), self.node_of(ticket)
        if charge.works_at(self.uow, me, node):
            return me
        others = map(self.uow.people.get, principals(self.uow, me.id, self.now))
        return next((one for one in others if charge.works_at(self.uow, one, node)), me)

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

    def is_member(self) -> bool:
        """Whether the speaker belongs to any organisation."""
        person = self.known_me()
        return person is not None and bool(self.uow.organisations.of_person(person.id))

    def answers_for(self, ticket: Ticket) -> bool:
        """Whether the speaker, or somebody for whom he stands in, belongs to the organisation that has the ticket."""
        person = self.known_me()
        return person is not None and answers_for(self.uow, ticket, person.id, self.now)

    def is_requester(self, ticket: Ticket) -> bool:
        """Whether the speaker asks for the ticket."""
        person = self.known_me()
        asked = None if person is None else self.uow.tickets.requester(ticket.id, person.id)
        return asked is not None and asked.withdrawn_at is None

    def reads(self, ticket: Ticket, kind: Kind) -> bool:
        """Whether the speaker may read that kind of the ticket in private (handlers/discreet/standing.py)."""
        person = self.known_me()
        if person is None:
            return False
        return reads(self.uow, self.setting, ticket, person.id, kind, self.now, paused=self.roles_paused)

    def is_spoken_of(self, ticket: Ticket) -> bool:
        """Whether its words speak of the speaker, who did not say them: to him there is no such ticket."""
        person = self.known_me()
        return person is not None and is_spoken_of(self.uow, ticket, person.id)

    def may_read(self, ticket: Ticket) -> bool:
        """Whether the speaker may see all words of the ticket, in private: they are his own, or it is his work."""
        return self.reads(ticket, Kind.WORDS)

    def may_read_step(self, ticket: Ticket, words: str) -> bool:
        """Whether whoever may read the ticket may read these words of one of its steps: what a later one says of health
        or of children is for whoever has it."""
        if LATER not in ticket.flags or not self.setting.delicate(words) & HANDLER_ONLY:
            return True
        return self.reads(ticket, Kind.SENSITIVE)

    def works_on(self, ticket: Ticket) -> bool:
        """Whether it is the speaker's office to read and change the ticket: staff there; of what is private only those
        whose it is."""
        roles = self.roles(self.node_of(ticket))
        return self.is_privy(ticket) if ticket.private else bool(roles & STAFF)

    def require_staff(self, ticket: Ticket) -> None:
        """Raises Refusal unless it is the speaker's office to read and change the ticket."""
        if self.works_on(ticket):
            return
        among = ticket.private and self.roles(self.node_of(ticket)) & STAFF
        raise self.refuse("refuse.private_handler" if among else "refuse.staff_only", number=ticket.number)

    def is_privy(self, ticket: Ticket) -> bool:
        """Whether a private ticket is the speaker's, himself or for somebody."""
        person = self.known_me()
        if person is None or self.roles_paused or self.is_spoken_of(ticket):
            return False
        if self.handles(ticket):
            return True
        keeps = self.roles(self.node_of(ticket)) & KEEPERS
        return bool(keeps) and is_privy(self.uow, self.setting, ticket, person.id, self.now)

    def said(self, ticket: Ticket, person: Person) -> bool:
        """Whether the ticket's words are that person's: who only joined reads them as a group does."""
        return self.uow.tickets.opened_by(ticket.id) == person.id

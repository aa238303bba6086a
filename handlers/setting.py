"""What stays the same from message to message, and how it words what is told of a ticket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from handlers.discreet.wordless import wordless
from handlers.policy.pack import Policy
from handlers.wording import Wording
from models.codes import Status
from models.masking import mask, short
from models.states import UNPUBLISHED
from models.tables import GridNode
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understand

LABEL_LENGTH = 24
"""Characters of a title that a line shows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same from message to message in one place.

    features: rows of the model of that name that a text has. delicate: why not everybody may read a text. packs: the
    settings of this deployment by the names of their packs, "" for places that name none (handlers/packs.py); empty
    where everybody has the same.
    """

    policy: Policy
    words: Wording
    taxonomy: Taxonomy
    understand: Understand
    features: Callable[[str], tuple[int, ...]] = lambda _: ()
    model: str = ""
    delicate: Callable[[str], frozenset[str]] = lambda _: frozenset()
    packs: Mapping[str, "Setting"] = field(default_factory=dict, compare=False, repr=False)

    def at(self, uow: UnitOfWork, node: GridNode | None) -> "Setting":
        """The setting of a place: that of the nearest pack that is named at it or above it. None: this one.

        A pack that this process does not know (its file is gone, or it was named a moment ago) counts as none.
        """
        if node is None or len(self.packs) < 2:
            return self
        own = (self.packs.get(one.policy) for one in uow.places.line(node) if one.policy)
        return next((setting for setting in own if setting is not None), self.packs[""])

    def of(self, uow: UnitOfWork, ticket: Ticket) -> "Setting":
        """The setting of the place of a ticket."""
        return self if len(self.packs) < 2 else self.at(uow, uow.places.node(ticket.node_id))

    @property
    def everywhere(self) -> tuple["Setting", ...]:
        """All settings of this deployment."""
        return tuple(self.packs.values()) or (self,)

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

    def day(self, at: datetime) -> str:
        """The day of it, in the policy's zone: 11月22日."""
        local = at.astimezone(self.policy.zone)
        return f"{local.month}月{local.day}日"

    def status(self, ticket: Ticket) -> str:
        if ticket.status is Status.REJECTED and UNPUBLISHED in ticket.flags:
            return self.words.say("approval.declined_status")
        return self.words.name("status", ticket.status.value)

    def finish(self, ticket: Ticket) -> str:
        """The command that reports the ticket as done."""
        return self.words.name("finish", ticket.kind.value)

"""What stays the same from message to message, and how it words what is told of a ticket."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from handlers.policy.pack import Policy
from handlers.wording import Wording
from handlers.wordless import wordless
from models.codes import Status
from models.masking import mask, short
from models.states import UNPUBLISHED
from models.ticket_tables import Ticket
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understand

LABEL_LENGTH = 24
"""Characters of a title that a line shows."""


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

"""What leaves the process: values that handlers return and the dispatcher commits with the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.codes import PostKind, Status, Topic


@dataclass(frozen=True, slots=True)
class Say:
    """A post in a group. text is masked by whoever writes it into the outbox.

    person_id names whom it answers: in a muted room or in quiet hours a reply goes to that person
    in private instead. number is given for acknowledgements that may be merged with others. topic: what is said at the
    door of a room. records: ids of the records that it speaks of.
    """

    room_id: int
    kind: PostKind
    text: str
    tickets: tuple[str, ...] = ()
    person_id: str | None = None
    number: int | None = None
    topic: Topic | None = None
    records: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """A private line to one person, or to whoever leads room_id when person_id is None.

    address is the external id to answer when the person himself may be erased by the same commit.
    Whoever cannot be written to gets the line in in_group instead, if that is given. topic says what a
    line about an emergency is, so that it can be said anew while it waits. secret: its words are kept no longer than
    until it was sent. by: a reminder that has to be read before then, so that it does not wait for others beyond it.
    """

    person_id: str | None
    kind: PostKind
    text: str
    tickets: tuple[str, ...] = ()
    signals: tuple[int, ...] = ()
    room_id: int | None = None
    valid_in: tuple[Status, ...] | None = None
    address: str | None = None
    in_group: int | None = None
    topic: Topic | None = None
    secret: bool = False
    records: tuple[int, ...] = ()
    by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for a group or a person; name is its sha256 in the media folder. kind: of the post it goes with."""

    room_id: int | None
    person_id: str | None
    name: str
    tickets: tuple[str, ...] = ()
    kind: PostKind | None = None
    records: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Remind:
    """Something to look at later, once for each (kind, subject, period)."""

    kind: str
    subject: str
    period: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Keep:
    """Bytes of a ticket's picture, to stand in the media folder under their sha256 before the commit."""

    sha256: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Discard:
    """The file of a picture that no ticket has any more; deleted from the media folder."""

    sha256: str


Effect = Say | Tell | Picture | Remind | Keep | Discard
Effects = Sequence[Effect]

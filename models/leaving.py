"""Who loses a role or leaves an organisation may leave matters: a look at them is planned in the same commit."""

from datetime import UTC, datetime
from secrets import token_hex

from models.codes import Role

SUCCESSION = "succession"
"""The kind of schedule that looks at what somebody leaves. Its subject is the person."""
AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
"""Due at the next look of the clock, whenever that is."""

_ORGANISATION = "organisation-"


def period(node_id: int, what: Role | int) -> str:
    """Names one loss: where, of which role or of a place in which organisation, and a word that no other has."""
    return f"{node_id}.{what.value if isinstance(what, Role) else f'{_ORGANISATION}{what}'}.{token_hex(8)}"


def organisation_in(what: str) -> int | None:
    """The organisation that the middle part of a period names; None: it names a role."""
    return int(what.removeprefix(_ORGANISATION)) if what.startswith(_ORGANISATION) else None

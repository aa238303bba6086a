"""Who may use a command, where several commands have it in common."""

from models.codes import LEADERS, STAFF, Role

HELPERS = STAFF | {Role.PARTY_MEMBER, Role.INFORMANT, Role.HUB}
HANDLERS = STAFF | {Role.PROPERTY}
LEADING = frozenset(LEADERS)

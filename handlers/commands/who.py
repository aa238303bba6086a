"""Who may use a command, where several commands have it in common."""

from models.codes import LEADERS, STAFF, Role

HELPERS = STAFF | {Role.PARTY_MEMBER, Role.INFORMANT, Role.HUB}
HANDLERS = STAFF | {Role.PROPERTY}
LEADING = frozenset(LEADERS)

BY_PACK = "规则包写明的身份"
IN_GRID = "规则包写明的网格身份"
IN_VILLAGE = "规则包写明的村里身份"
"""Relations of commands that a pack opens to roles of its own."""

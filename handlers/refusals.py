"""What a person is told instead of what he asked for."""


class Refusal(Exception):
    """The person cannot have this. str() is one short sentence for him; nothing has changed."""


class NotEntitledError(Refusal):
    """It is somebody else's to do. Who never addressed the bot may not have meant it at all."""


NOT_ENTITLED = frozenset(
    f"refuse.{name}"
    for name in (
        "role", "staff_only", "leader_only", "requester_only", "requester_only_staff", "not_your_claim", "not_yours",
        "no_alarm", "roles_paused", "operators_only", "private_handler",
    )
)  # fmt: skip
"""Keys of the sentences that a NotEntitledError says."""

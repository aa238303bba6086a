"""What may become of a message."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a message."""

    UNHEARD = "unheard"  # the room is unknown or off, the person asked not to be heard, or it is too old
    IGNORED = "ignored"  # read, and nothing to do
    EFFECT = "effect"  # talk that changed something
    COMMAND = "command"
    DUPLICATE = "duplicate"
    FAILED = "failed"  # an error of ours; it was logged, nothing was changed

"""One line of the doctor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """bad: something is wrong. open: nothing is, but there is something left to do."""

    bad: bool
    text: str
    open: bool = False

    @property
    def mark(self) -> str:
        return "✗" if self.bad else "○" if self.open else "✓"

"""Cutting a long text into pieces of so many bytes."""

from collections.abc import Iterator

_ENDS = ("\n\n", "\n", "。", "！", "？", "；", "，", " ")


def pieces(text: str, longest: int) -> Iterator[str]:
    """The text in order in pieces of at most longest bytes of UTF-8, each ending as late as a sentence allows.

    No character is cut. Blank lines at a cut are left out.
    """
    rest = text
    while len(rest.encode()) > longest:
        head = rest.encode()[:longest].decode("utf-8", "ignore")
        cut = next((at + len(end) for end in _ENDS if (at := head.rfind(end)) >= len(head) // 2), len(head))
        yield rest[:cut].rstrip("\n")
        rest = rest[cut:].lstrip("\n")
    if rest:
        yield rest

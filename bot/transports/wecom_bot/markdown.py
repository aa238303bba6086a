"""Our plain text as markdown that shows as it was written: the channel has no plain text.

Which dialect the clients render is not documented to the last sign, so nothing relies on backslash escapes, which a lax
renderer would show: marks become their full-width likeness, and an invisible sign (U+200B) stands where a line
would begin a heading, a quote, a list or a table. Addresses of pages lead where they led: marks in them are written
in their % form.
"""

import re

from bot.transports.wecom_bot.sentences import pieces

LONGEST = 20_480
"""Bytes of UTF-8 that one message may hold."""
HIDDEN = "\u200b"
_PAGE = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
_STARTS = re.compile(r"^([ \t]*)(?=[#>|:=+~-]|\d+[.)]|[  ]{4}|\t)", re.MULTILINE)
_MARKING = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")  # within a word it marks nothing
_LIKENESS = str.maketrans({"*": "＊", "`": "｀", "<": "＜", "~": "～", "\\": "＼", "$": "＄"})
_LINE = re.compile(r"(?<! {2})\n(?!\n)")


def as_written(text: str) -> str:
    """Markdown that shows the text."""
    parts: list[str] = []
    end = 0
    for page in _PAGE.finditer(text):
        parts += [_marks(text[end : page.start()]), _address(page[0])]
        end = page.end()
    parts.append(_marks(text[end:]))
    safe = _STARTS.sub(lambda found: f"{HIDDEN}{found[1]}", "".join(parts))
    return _LINE.sub("  \n", safe)  # two blanks before it keep a line's end where single ones are joined


def _marks(text: str) -> str:
    text = text.translate(_LIKENESS)
    text = _MARKING.sub("＿", text)
    text = text.replace("](", f"]{HIDDEN}(").replace("]:", f"]{HIDDEN}:").replace("][", f"]{HIDDEN}[")
    return re.sub(r"&(?=#?\w+;)", f"&{HIDDEN}", text)


def _address(page: str) -> str:
    page = _MARKING.sub("%5F", page.replace("*", "%2A").replace("~", "%7E").replace("$", "%24"))
    return re.sub(r"(&#?\w+);", r"\1%3B", page)


def messages(text: str) -> list[str]:
    """The text as one or more messages of at most LONGEST bytes, cut at ends of sentences."""
    whole = as_written(text)
    if len(whole.encode()) <= LONGEST:
        return [whole]
    # Writing as markdown makes at most three bytes of each byte.
    return [as_written(piece) for piece in pieces(text, LONGEST // 3)]


def plain(text: str) -> str:
    """What is the same in a text and in a quote of it: without invisible signs, blanks and full-width likenesses."""
    back = text.translate(str.maketrans("＊｀＜～＼＄＿", "*`<~\\$_"))
    return re.sub(rf"[\s{HIDDEN}]+", "", back)

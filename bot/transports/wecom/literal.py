"""Plain text where WeCom takes Markdown only: it has to show as it was written."""

import re

_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}(?=[ \t])|>+)", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*([-=*_])(?:[ \t]*\1){2,}[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"\](?=\()")
_TAG = re.compile(r"<(?!@[^<>\s]{1,64}>)")
_WIDE = str.maketrans({"*": "＊", "`": "｀", "~": "～"})


def literal(text: str) -> str:
    """The text with the signs of Markdown made wide, so that nothing becomes bold, a heading, a quote, a link or a tag.

    Full-width signs look the same beside Chinese and need no escape, of which WeCom's pages say nothing. Mentions
    (<@userid>) stay, that of everybody does not.
    """
    text = _RULE.sub(lambda found: "—" * len(found[0].strip()), text)
    text = _LINE_START.sub(lambda found: found[0].replace("#", "＃").replace(">", "＞"), text)
    text = _TAG.sub("＜", _LINK.sub("］", text)).replace("__", "＿＿").translate(_WIDE)
    return re.sub(r"<@(all)>", "＜@\\1＞", text, flags=re.IGNORECASE)

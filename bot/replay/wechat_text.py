"""Contents as WeChat copies them: [图片], [位置], quotes, system lines. Shared by pasted chats and CSV."""

import re
from dataclasses import dataclass

from bot.replay.gather import Quoted
from models.message import Attachment, AttachmentKind

_IMAGE = Attachment(AttachmentKind.IMAGE)
_AUDIO = Attachment(AttachmentKind.AUDIO)
_MEDIA = {"图片": _IMAGE, "照片": _IMAGE, "语音": _AUDIO, "语音消息": _AUDIO}
_MOST_ATTACHMENTS = 9
_LONG_LINE = 500
_NAME = 40

# Inline codes of faces ([微笑]) are words for the understanding, so only these are taken out.
_INLINE = re.compile(r"\[(图片|照片|语音消息|语音|动画表情|表情包|表情|GIF表情)\]")
_LINE = re.compile(
    r"!?\[(图片|照片|语音消息|语音|视频|动画表情|表情包|表情|GIF表情|文件|链接|名片|小程序|视频号|聊天记录|合并转发"
    r"|红包|微信红包|转账|收款|音乐|音乐分享|分享|群公告|接龙|语音通话|视频通话|不支持的消息)(?:\|[^\]]{0,300})?\]"
    r"(?:\([^)]{0,300}\)|\s?\d{1,3}\s?(?:\"|″|''|秒))?"
)
_LABELLED = re.compile(r"\[(?:文件|链接|名片|小程序|视频号|聊天记录|音乐|音乐分享|分享)\].{0,300}")
_PLACE = re.compile(r"\[(?:位置|地理位置|位置共享)\][ \u3000:：]{0,3}(.{0,200})")
_SYSTEM = re.compile(
    r"(?:你|[\"“「'].{1,40}[\"”」']|.{1,40}?)\s?"
    r"(?:撤回了一条消息.{0,6}|邀请.{1,60}?加入了群聊.{0,20}|加入了?群聊.{0,20}|通过扫描.{1,60}?加入群聊.{0,6}"
    r"|修改群名为.{1,60}|拍了拍\s?(?:我|自己|[\"“「].{1,40}[\"”」]).{0,20}|将.{1,40}?移出了群聊|退出了群聊"
    r"|领取了.{1,40}?的红包)"
    r"|[-—–─ ]{0,20}以下(?:是|为)新消息[-—–─ ]{0,20}|以上是打招呼的内容.{0,20}|群公告已更新"
)
_SYSTEM_WORDS = ("撤回了", "群聊", "修改群名", "拍了拍", "的红包", "新消息", "打招呼", "群公告")
_DASHES = re.compile(r"[ \t]{0,3}(?:[-—–─_][ \t]?){5,200}[ \t]{0,3}")
_CHEVRON_HEAD = re.compile(r"(.{1,40}?)(?:\([^()]{1,60}\))? (?:\d{2,4}[-/])?\d\d[-/]\d\d \d\d:\d\d(?::\d\d)?")
_REFERENCE = re.compile(r"引用[:：]\s?(?P<who>[^:：\n]{1,40})[:：]\s?(?P<what>[^\n]{0,2000})")
_INLINE_REFERENCE = re.compile(r"\[引用\]\([^)\n]{0,40}\)(?P<who>[^:：\n]{0,40})[:：]")


@dataclass(frozen=True, slots=True)
class Content:
    """What a message holds."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    place: str | None = None
    quote: Quoted | None = None


def read_content(raw: str) -> Content:
    """Text, attachments, place and quote of a message as it was copied."""
    body, quote = split_quote(raw.strip("\n"))
    kept: list[str] = []
    attachments: list[Attachment] = []
    place = None
    for line in body.split("\n"):
        bare = line.strip() if len(line) <= _LONG_LINE else ""
        located = _PLACE.fullmatch(bare)
        if located:
            place = located[1].strip() or place
        elif not is_system(bare):
            kept.extend(_keep(line, bare, attachments))
    return Content("\n".join(kept).strip(), tuple(attachments[:_MOST_ATTACHMENTS]), place, quote)


def is_system(line: str) -> bool:
    """Whether the line is one that WeChat itself writes: 撤回了一条消息, 加入了群聊."""
    # The words first: the pattern is slow on lines that only nearly match.
    return len(line) <= 150 and any(word in line for word in _SYSTEM_WORDS) and _SYSTEM.fullmatch(line) is not None


def split_quote(raw: str) -> tuple[str, Quoted | None]:
    """The reply and what it quotes, in each of the ways in which WeChat and exporters write quotes."""
    for read in (_desktop_quote, _chevron_quote, _reference, _inline_reference):
        found = read(raw)
        if found is not None:
            return found
    return raw, None


def quoted(text: str) -> Quoted:
    """「名字：话」 without its brackets: the name only if there is one."""
    head = text[: _NAME + 1]
    cut = min((at for at in (head.find("："), head.find(":")) if at > 0), default=-1)
    name = head[:cut].strip() if cut > 0 else ""
    if not name or "\n" in name:
        return Quoted(text=text.strip())
    return Quoted(name=name, text=text[cut + 1 :].strip())


def _keep(line: str, bare: str, attachments: list[Attachment]) -> list[str]:
    if bare.startswith(("[", "![")):
        whole = _LINE.fullmatch(bare)
        if whole:
            attachments.extend([_MEDIA[whole[1]]] if whole[1] in _MEDIA else [])
        if whole or _LABELLED.fullmatch(bare):
            return []
    if "[" not in line:
        return [line]
    for found in _INLINE.finditer(line):
        if found[1] in _MEDIA and len(attachments) < _MOST_ATTACHMENTS:
            attachments.append(_MEDIA[found[1]])
    return [_INLINE.sub("", line)]


def _desktop_quote(raw: str) -> tuple[str, Quoted | None] | None:
    """「王阿姨：灯坏了」, a line of dashes, the reply."""
    if not raw.startswith("「"):
        return None
    lines = raw.split("\n")
    for number in range(1, len(lines)):
        if lines[number - 1].rstrip().endswith("」") and _DASHES.fullmatch(lines[number][:_LONG_LINE]):
            inner = "\n".join(lines[:number]).rstrip()[1:-1]
            return "\n".join(lines[number + 1 :]), quoted(inner)
    return None


def _chevron_quote(raw: str) -> tuple[str, Quoted | None] | None:
    """Lines that begin with "> ": a line of name and time, the text; then the reply."""
    if not raw.startswith("> "):
        return None
    lines = raw.split("\n")
    count = next((i for i, line in enumerate(lines) if not line.startswith(">")), len(lines))
    inside = [line[1:].strip() for line in lines[:count]]
    reply = "\n".join(lines[count:])
    head = _CHEVRON_HEAD.fullmatch(inside[0][:160])
    if head:
        return reply, Quoted(name=head[1], text="\n".join(inside[1:]))
    return reply, Quoted(text="\n".join(line for line in inside if line != "[引用]"))


def _reference(raw: str) -> tuple[str, Quoted | None] | None:
    """The reply, then a last line 引用：名字：话."""
    at = raw.rfind("\n引用")
    found = _REFERENCE.fullmatch(raw, at + 1) if at >= 0 and len(raw) - at < 2100 else None
    return (raw[:at], Quoted(name=found["who"].strip(), text=found["what"])) if found else None


def _inline_reference(raw: str) -> tuple[str, Quoted | None] | None:
    """The reply, a blank line, then [引用](time)name:text."""
    at = raw.find("\n[引用](")
    found = _INLINE_REFERENCE.match(raw, at + 1) if at >= 0 else None
    return (raw[:at].rstrip("\n"), Quoted(name=found["who"].strip(), text=raw[found.end() :])) if found else None

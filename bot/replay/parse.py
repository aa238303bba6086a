"""Reading an exported chat: which encoding, which format, then that format's own parser."""

import codecs
import datetime
import re
from zoneinfo import ZoneInfo

from bot.replay.chatfile import ChatFile, ChatFileError
from bot.replay.csv_export import find_table, parse_csv
from bot.replay.gather import YEARS, clean, fault
from bot.replay.jsonl import looks_like_jsonl, parse_jsonl
from bot.replay.pasted import parse_pasted

_FORMATS = "请给出 JSONL、带表头的 CSV，或从微信复制出来的文字"
_MAGIC = {
    b"PK\x03\x04": "是 Excel、Word 或压缩文件",
    b"\xd0\xcf\x11\xe0": "是旧版 Excel 或 Word 文件",
    b"%PDF": "是 PDF 文件",
    b"\x89PNG": "是图片",
    b"\xff\xd8\xff": "是图片",
    b"GIF8": "是图片",
    b"SQLite format 3": "是数据库文件",
    b"\x1f\x8b": "是压缩文件",
}
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")


def parse_chat(
    data: bytes,
    *,
    name: str,
    zone: ZoneInfo | None = None,
    date: datetime.date | None = None,
) -> ChatFile:
    """Parse a chat file whole, whatever of the three formats it has.

    name is the file's name; its stem names the room where the file names none. zone is meant by
    times without a zone (a setup line's tz comes before it; Asia/Shanghai after it). date is the
    day of times without a date (the day of copying, for 昨天 and 星期三).
    Raises ChatFileError, and nothing else, for whatever bytes.
    """
    if date is not None and date.year not in YEARS:
        raise ChatFileError(f"--date 给的年份 {date.year} 不合理，请写成 2026-05-01 这样的日期。")
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    if not text.replace("\ufeff", "").strip():
        raise ChatFileError("文件是空的，里面没有一条消息，请检查导出是否成功。")
    if looks_like_jsonl(text):
        return parse_jsonl(text, zone=zone)
    stem = _stem(name)
    table = find_table(text)
    if table is not None:
        return parse_csv(text, table, stem=stem, zone=zone)
    return parse_pasted(text, stem=stem, zone=zone, date=date)


def _decode(data: bytes) -> str:
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise ChatFileError(f"这个文件{what}，不是聊天记录的文字，{_FORMATS}。")
    text = _decoded(data)
    nul = text.find("\0")
    if nul >= 0 or len(_CONTROLS.findall(text)) * 20 > len(text):
        line = text.count("\n", 0, max(nul, 0)) + 1
        raise fault(line, "有不是文字的内容，这个文件不是聊天记录", _FORMATS)
    return text


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise ChatFileError("文件的 UTF-16 编码不完整，请另存为 UTF-8 再试。") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    if not _mostly_utf8(data):
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise fault(line, "的文字编码坏了，既不是完整的 UTF-8 也不是 GB18030", "请重新导出，或另存为 UTF-8 再试")


def _mostly_utf8(data: bytes) -> bool:
    """Damaged UTF-8, which GB18030 might decode into other, wrong characters."""
    if data.startswith(codecs.BOM_UTF8):
        return True
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    foreign = len(re.findall(r"[^\x00-\x7f]", text)) - broken
    return foreign > 4 * broken


def _stem(name: str) -> str:
    base = clean(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    printable = "".join(char for char in stem if char.isprintable()).strip()
    return printable[:80] if printable not in ("", "-") else "群聊"

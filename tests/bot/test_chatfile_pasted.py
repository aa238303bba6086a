"""Plain text as people paste it from WeChat."""

import datetime

import pytest

from bot.replay.chatfile import ChatFile, ChatFileError, ChatRoom
from bot.replay.parse import parse_chat
from models.message import AttachmentKind, Message, Quote

SUNDAY = datetime.date(2026, 5, 3)


def read(text: str, date: datetime.date | None = None, name: str = "幸福里.txt") -> ChatFile:
    return parse_chat(text.encode(), name=name, date=date)


def times(chat: ChatFile) -> list[str]:
    return [f"{m.at.astimezone(chat.zone):%m-%d %H:%M:%S}" for m in chat.messages]


def only(text: str, date: datetime.date | None = None) -> Message:
    (message,) = read(text, date).messages
    return message


def error(text: str, date: datetime.date | None = None) -> str:
    with pytest.raises(ChatFileError) as caught:
        read(text, date)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "王阿姨 2026/5/1 10:21:33\n灯坏了\n第二行\n\n老李 2026/5/1 10:22:00\n好\n",
        "王阿姨  2026-05-01 10:21:33\n\n灯坏了\n第二行\n\n\n老李  2026-05-01 10:22:00\n\n好\n",
        "2026-05-01 10:21:33 王阿姨\n灯坏了\n第二行\n\n2026-05-01 10:22:00 老李\n好\n",
        "王阿姨 2026年5月1日 上午10:21:33\n灯坏了\n第二行\n老李 2026年5月1日 10:22:00\n好\n",
        "[2026-05-01 10:21:33] 王阿姨：灯坏了\n第二行\n[2026-05-01 10:22:00] 老李: 好\n",
        "王阿姨 (2026-05-01 10:21:33): 灯坏了\n第二行\n老李 (2026-05-01 10:22:00)：好\n",
        "2026-05-01 10:21:33 王阿姨：灯坏了\n第二行\n2026-05-01 10:22:00 老李：好\n",
        "—————  2026-05-01  —————\n\n王阿姨  10:21:33\n\n灯坏了\n第二行\n\n老李  10:22:00\n\n好\n",
    ],
)
def test_the_shapes_of_a_chat(text: str) -> None:
    chat = read(text)
    assert [(m.sender, m.text) for m in chat.messages] == [("王阿姨", "灯坏了\n第二行"), ("老李", "好")]
    assert times(chat) == ["05-01 10:21:33", "05-01 10:22:00"]
    assert chat.rooms == (ChatRoom("幸福里", "幸福里"),)
    assert chat.format == "pasted"


def test_accounts_in_brackets_are_the_ids() -> None:
    chat = read(
        "平安(wxid_a1) 2026-05-01 10:21\n灯\n平安(wxid_b2) 2026-05-01 10:22\n好\n老李(3栋) 2026-05-01 10:23\n嗯\n"
    )
    assert [(m.sender, m.sender_name) for m in chat.messages] == [
        ("wxid_a1", "平安"),
        ("wxid_b2", "平安"),
        ("老李(3栋)", "老李(3栋)"),
    ]


def test_a_letter_from_the_phone() -> None:
    chat = read(
        "微信群“幸福里3号网格”的聊天记录如下，请查收。\n\n—————  2026-05-01  —————\n\n\n王阿姨  23:58\n\n灯坏了\n\n\n"
        "—————  2026-05-02  —————\n\n\n老李  00:10\n\n[位置]幸福里3栋\n\n\n12栋 3:00\n"
    )
    assert chat.rooms == (ChatRoom("幸福里", "幸福里3号网格"),)
    assert times(chat) == ["05-01 23:58:00", "05-02 00:10:00"]
    assert (chat.messages[1].place, chat.messages[1].text) == ("幸福里3栋", "12栋 3:00")


def test_speakers_without_times() -> None:
    text = "王阿姨：三楼灯坏了\n老李: @王阿姨 收到\n多一行\n王阿姨：@小哨 登记 灯坏了\n小哨：已登记\n"
    chat = read(text, SUNDAY)
    assert times(chat) == ["05-03 09:00:00", "05-03 09:01:00", "05-03 09:02:00"]
    assert chat.messages[1].text == "@王阿姨 收到\n多一行"
    assert [m.mentions for m in chat.messages] == [(), ("王阿姨",), ("bot",)]
    assert [m.id for m in chat.messages] == ["L1", "L2", "L4"]
    assert chat.notes == ("略去小哨自己发的 1 条消息。",)
    assert "--date" in error(text)


def test_speakers_alone_on_their_line() -> None:
    chat = read("王阿姨:\n灯坏了\n三天了\n没人管\n\n老李:\n收到\n", SUNDAY)
    assert [(m.sender, m.text) for m in chat.messages] == [("王阿姨", "灯坏了\n三天了\n没人管"), ("老李", "收到")]


def test_a_long_message_of_a_speaker() -> None:
    chat = read("王阿姨：灯坏了\n\n好多天了\n没人管\n打电话也不接\n怎么办\n老李：通知：明天来\n地点：门口\n", SUNDAY)
    assert [m.text for m in chat.messages] == [
        "灯坏了\n\n好多天了\n没人管\n打电话也不接\n怎么办",
        "通知：明天来\n地点：门口",
    ]


def test_separators_between_speakers() -> None:
    text = "2026年5月1日 星期五\n王阿姨：灯坏了\n下午3:10\n老李：好\n2026年5月2日 8:30\n王阿姨：修好了\n"
    assert times(read(text)) == ["05-01 09:00:00", "05-01 15:10:00", "05-02 08:30:00"]
    assert times(read("昨天 10:21\n王阿姨：灯坏了\n星期五\n老李：好\n", SUNDAY)) == ["05-02 10:21:00", "05-01 09:00:00"]


def test_days_in_words() -> None:
    text = "甲乙 星期三 10:21\n一\n丙丁 昨天 10:21\n二\n甲乙 今天 8:00\n三\n丙丁 10:00\n四\n甲乙 凌晨1:00\n五\n"
    assert times(read(text, SUNDAY)) == [
        "04-29 10:21:00",
        "05-02 10:21:00",
        "05-03 08:00:00",
        "05-03 10:00:00",
        "05-04 01:00:00",
    ]
    assert error(text).startswith("第1行写的是“星期三”") and "--date" in error(text)


def test_days_without_a_year() -> None:
    text = "王阿姨 12月31日 23:50\n一\n老李 1月1日 0:10\n二\n"
    chat = read(text, datetime.date(2025, 12, 31))
    assert [m.at.astimezone(chat.zone).date().isoformat() for m in chat.messages] == ["2025-12-31", "2026-01-01"]
    assert error(text).startswith("第1行的日期没有年份")


def test_over_midnight() -> None:
    text = "王阿姨 23:58\n一\n老李 00:03\n二\n王阿姨 00:01\n三\n老李 7:00\n四\n"
    assert times(read(text, SUNDAY)) == ["05-03 23:58:00", "05-04 00:03:00", "05-04 00:01:00", "05-04 07:00:00"]
    assert error(text).startswith("第1行没有说是哪一天") and "--date" in error(text)


def test_plain_clocks_after_dated_headers_are_of_the_day_of_copying() -> None:
    text = "王阿姨 2026/4/30 10:21\n一\n老李 10:30\n二\n"
    assert times(read(text, SUNDAY)) == ["04-30 10:21:00", "05-03 10:30:00"]
    assert times(read(text)) == ["04-30 10:21:00", "04-30 10:30:00"]


@pytest.mark.parametrize(
    ("stamp", "clock"),
    [
        ("上午9:05", "09:05"),
        ("下午1:05", "13:05"),
        ("中午12:10", "12:10"),
        ("中午1:00", "13:00"),
        ("晚上8:00", "20:00"),
        ("凌晨12:30", "00:30"),
        ("1:05 PM", "13:05"),
        ("12:05 am", "00:05"),
        ("１０：２１", "10:21"),
    ],
)
def test_clocks(stamp: str, clock: str) -> None:
    chat = read(f"王阿姨 2026年5月1日 {stamp}\n灯坏了")
    assert times(chat) == [f"05-01 {clock}:00"]


def test_what_is_said_is_no_header() -> None:
    chat = read(
        "王阿姨 10:21\n什么时候停水\n物业小陈 10:22\n今晚 8:00\n王阿姨 10:23\n12栋 3:00\n物业小陈 10:25\n星期五\n",
        SUNDAY,
    )
    assert [m.text for m in chat.messages] == ["什么时候停水", "今晚 8:00", "12栋 3:00", "星期五"]
    assert read("王阿姨 10:21\n12栋 3:00\n", SUNDAY).messages[0].text == "12栋 3:00"
    dated = read("王阿姨 2026/5/1 10:21\n地点：门口\n时间：10:30\n会议室 10:30\n老李 2026/5/1 10:22\n好\n")
    assert dated.messages[0].text == "地点：门口\n时间：10:30\n会议室 10:30"


def test_json_said_in_a_chat() -> None:
    assert only('王阿姨 2026/5/1 10:21\n{"id": 3}\n').text == '{"id": 3}'


def test_pictures_and_the_like() -> None:
    text = "王阿姨 2026/5/1 10:21\n{}\n"
    for content, kinds, said in (
        ("[图片]", [AttachmentKind.IMAGE], ""),
        ('[语音] 5"', [AttachmentKind.AUDIO], ""),
        ("![图片](http://127.0.0.1:5030/image/ab)", [AttachmentKind.IMAGE], ""),
        ("[动画表情]", [], ""),
        ("[视频]", [], ""),
        ("[链接] 停水通知", [], ""),
        ("三楼漏水[图片]快看", [AttachmentKind.IMAGE], "三楼漏水快看"),
        ("[图片]\n[图片]\n漏水", [AttachmentKind.IMAGE] * 2, "漏水"),
        ("谢谢[微笑]", [], "谢谢[微笑]"),
        ("[语音]等了30秒", [AttachmentKind.AUDIO], "等了30秒"),
    ):
        got = only(text.format(content))
        assert ([a.kind for a in got.attachments], got.text) == (kinds, said), content


def test_places() -> None:
    text = "王阿姨 2026/5/1 10:21\n{}\n"
    assert only(text.format("[位置] 幸福里3栋")).place == "幸福里3栋"
    assert only(text.format("[位置]")).place is None


def test_quotes() -> None:
    first = "王阿姨 2026/5/1 10:21\n灯坏了\n"
    head = "老李 2026/5/1 10:22\n"
    for body in (
        "「王阿姨：灯坏了」\n- - - - - - - - - - - - - - -\n我家也是\n",
        "「王阿姨:灯坏了」\n—————————\n我家也是\n",
        "我家也是\n引用:王阿姨:灯坏了\n",
        "> 王阿姨(x) 05-01 10:21:00\n> 灯坏了\n我家也是\n",
    ):
        got = read(first + head + body).messages[1]
        assert (got.text, got.quote) == ("我家也是", Quote(None, "灯坏了", "王阿姨")), body
    unknown = read(first + head + "「赵六：漏水\n两行」\n- - - - - - -\n同上\n").messages[1]
    assert unknown.quote == Quote(None, "漏水\n两行", None)
    bot = read(first + head + "「小哨：已登记 #4」\n- - - - - - -\n满意\n").messages[1]
    assert bot.quote == Quote(None, "已登记 #4", "bot")
    assert read(first + head + "「不是引用」\n真的\n").messages[1].quote is None


def test_system_lines_are_no_talk() -> None:
    chat = read(
        '王阿姨 2026/5/1 10:21\n灯坏了\n"老李"撤回了一条消息\n\n老李 2026/5/1 10:22\n"王阿姨"邀请"小陈"加入了群聊\n'
        "赵六 2026/5/1 10:23\n刚才邻居拍了拍门没人应\n"
    )
    assert [m.text for m in chat.messages] == ["灯坏了", "刚才邻居拍了拍门没人应"]
    assert chat.notes == ("略去 1 条系统提示。",)


def test_mentions_take_the_longest_name_and_none_is_invented() -> None:
    chat = read("王：一\n王阿姨：二\n老李：@王阿姨\u2005你好 @王 @不认识 a@b.cn ＠小哨 @王阿姨\n", SUNDAY)
    assert chat.messages[2].mentions == ("王阿姨", "王", "bot")


NO_CHATS = {
    "novel": "第一章\n\n从前有一座山，山里有一座庙。\n他说：“你好。”\n走了很久，天黑了。\n庙里没有人。\n" * 20,
    "log": "2026-05-01 10:21:33 INFO server started\n2026-05-01 10:21:34 ERROR failed: timeout\n" * 10,
    "threads": "2026-05-01 10:21:33 [main] INFO started\n2026-05-01 10:21:34 [http-1] WARN slow: 3s\n" * 10,
    "syslog": "May  1 10:21:33 host sshd[12]: Accepted password\n" * 10,
    "html": "<!doctype html>\n<html><body>王阿姨：灯坏了</body></html>\n",
    "xml": '<?xml version="1.0"?>\n<a>1</a>\n',
    "json": '[\n  {"name": "王阿姨"},\n  {"name": "老李"}\n]\n',
    "yaml": "name: x\nversion: 1\ndeps:\n  a: 1\nfoo: bar\nbaz: qux\nlast: one\n",
    "letter": "From: a@b.cn\nTo: c@d.cn\nSubject: hi\nDate: today\n\nDear all,\n",
    "code": "def f(x):\n    return {1: 2}\n\nclass A:\n    pass\n",
    "list": "王阿姨 10:21\n老李 10:22\n赵六 10:23\n",
    "table": "姓名,年龄\n王阿姨,61\n",
    "word": "你好\n",
}


@pytest.mark.parametrize("kind", NO_CHATS)
def test_what_is_no_chat(kind: str) -> None:
    sentence = error(NO_CHATS[kind], SUNDAY)
    assert sentence.startswith("第1行") and sentence.endswith("。")


def test_impossible_dates() -> None:
    assert error("王阿姨 2026/13/45 10:21\n灯坏了\n").startswith("第1行的日期不存在")
    assert error("王阿姨 9999/1/1 10:21\n灯坏了\n").startswith("第1行的日期不合理")
    assert "--date" in error("王阿姨：灯", datetime.date(9999, 12, 31))

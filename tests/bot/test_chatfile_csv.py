"""Tables: our own columns and those of WeChat exporters."""

import csv
import io

import pytest

from bot.replay.chatfile import ChatFile, ChatFileError, ChatPerson, ChatRole, ChatRoom
from bot.replay.parse import parse_chat
from models.message import AttachmentKind, Quote

WECHATMSG = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender"
PYWXDUMP = "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime"
CHATLOG = "Time,Talker,TalkerName,Sender,SenderName,IsSelf,Type,TypeDesc,Content"


def table(header: str, *rows: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header.split(","), *rows])
    return out.getvalue()


def read(text: str, name: str = "幸福里.csv") -> ChatFile:
    return parse_chat(text.encode(), name=name)


def error(text: str) -> str:
    with pytest.raises(ChatFileError) as caught:
        read(text)
    return str(caught.value)


def test_plain_chinese_columns() -> None:
    chat = read("时间,发送人,内容\n2026/5/1 10:21,王阿姨,三楼灯坏了\n2026年5月1日 下午1:05,老李,@王阿姨 @小哨 收到\n")
    assert [(m.id, m.sender, m.room, m.at.isoformat()) for m in chat.messages] == [
        ("L2", "王阿姨", "幸福里", "2026-05-01T02:21:00+00:00"),
        ("L3", "老李", "幸福里", "2026-05-01T05:05:00+00:00"),
    ]
    assert chat.messages[1].mentions == ("王阿姨", "bot")
    assert chat.rooms == (ChatRoom("幸福里", "幸福里"),) and chat.format == "csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_delimiters_and_encodings(delimiter: str, encoding: str) -> None:
    text = table("时间,发送人,内容", ["2026-05-01 10:21:33", "王阿姨", '"灯"，坏了;\t,\n第二行'], delimiter=delimiter)
    chat = parse_chat(text.encode(encoding), name="a/b\\群.csv")
    assert chat.messages[0].text == '"灯"，坏了;\t,\n第二行'
    assert chat.rooms[0].name == "群"


def test_excel_writes_the_separator_above() -> None:
    assert read("sep=;\n时间;发送人;内容\n2026-05-01 10:21;老李;好\n").messages[0].id == "L3"


def test_own_columns() -> None:
    header = "id,room,sender,name,role,text,at,attachments,place,quote,mentions"
    chat = read(
        table(
            header,
            ["m1", "g1", "p1", "王阿姨", "", "@p2 灯", "2026-05-01T10:21:33Z", "image|audio", "3栋", "", ""],
            ["m2", "", "p2", "老李", "微网格长", "好", "2026-05-01 10:22", "", "", "m1", "p1 bot"],
            ["m2", "", "p2", "老李", "", "又来", "2026-05-01 10:23", "", "", "", ""],
        )
    )
    first, second = chat.messages
    assert [a.kind for a in first.attachments] == [AttachmentKind.IMAGE, AttachmentKind.AUDIO]
    assert (first.place, first.mentions) == ("3栋", ())
    assert (second.room, second.mentions, second.quote) == (None, ("p1", "bot"), Quote("m1", "@p2 灯", "p1"))
    assert chat.people[1] == ChatPerson("p2", "老李", ChatRole.LEADER, None)
    assert chat.duplicates == 1


def wechatmsg(local: str, kind: str, sub: str, content: str, *, sender: str = "wxid_a", me: str = "0") -> list[str]:
    return [local, "3", kind, sub, me, "1777602093", "", content, "2026-05-01 10:21:33", "", "王阿姨", sender]


QUOTE_XML = """<?xml version="1.0"?>
<msg><appmsg><title>我家也是</title><type>57</type><refermsg><type>1</type><svrid>77</svrid>
<chatusr>wxid_a</chatusr><displayname>王阿姨</displayname><content>灯坏了</content></refermsg></appmsg></msg>"""


def test_wechatmsg() -> None:
    place = '<msg><location x="1" y="2" label="幸福路1号" poiname="[位置]"/></msg>'
    chat = read(
        table(
            WECHATMSG,
            wechatmsg("1", "1", "0", "灯坏了"),
            wechatmsg("2", "3", "0", "<msg><img/></msg>"),
            wechatmsg("3", "34", "0", "<msg><voicemsg/></msg>"),
            wechatmsg("4", "43", "0", "<msg/>"),
            wechatmsg("5", "47", "0", "<msg><emoji/></msg>"),
            wechatmsg("6", "48", "0", place),
            wechatmsg("7", "49", "57", QUOTE_XML, sender="", me="1"),
            wechatmsg("8", "49", "5", "<msg><appmsg><title>广告</title></appmsg></msg>"),
            wechatmsg("9", "10000", "0", '"张三"撤回了一条消息', sender=""),
        )
    )
    assert [m.text for m in chat.messages] == ["灯坏了", "", "", "", "", "", "我家也是", ""]
    assert [[a.kind.value for a in m.attachments] for m in chat.messages[1:4]] == [["image"], ["audio"], []]
    assert chat.messages[5].place == "幸福路1号"
    assert chat.messages[6].quote == Quote("77", "灯坏了", "wxid_a")
    assert chat.messages[0].at.isoformat() == "2026-05-01T02:21:33+00:00"
    assert (chat.messages[0].id, chat.messages[0].sender, chat.messages[0].sender_name) == ("1", "wxid_a", "王阿姨")
    assert chat.rooms == (ChatRoom("3", "幸福里"),)
    assert chat.notes == ("略去 1 条系统提示。",)


def test_row_numbers_that_repeat_are_no_ids() -> None:
    chat = read(table(WECHATMSG, wechatmsg("1", "1", "0", "甲"), wechatmsg("1", "1", "0", "乙")))
    assert [m.id for m in chat.messages] == ["L2", "L3"] and chat.duplicates == 0


def test_private_export_without_names() -> None:
    rows = [wechatmsg("1", "1", "0", "在吗")[:9], wechatmsg("2", "1", "0", "在", me="1")[:9]]
    assert [m.sender for m in read(table(WECHATMSG, *rows)).messages] == ["对方", "我"]


def test_pywxdump() -> None:
    chat = read(
        table(
            PYWXDUMP,
            ["1", "901", "文本", "0", "wxid_a", "5@chatroom", "灯坏了", "", "2026-05-01 10:21:33"],
            [
                "2",
                "902",
                "带有引用的文本消息",
                "0",
                "wxid_b",
                "5@chatroom",
                "同\n\n[引用](x)wxid_a:灯坏了",
                "",
                "1777602093",
            ],
            ["3", "903", "地图信息", "0", "wxid_b", "5@chatroom", "位置：幸福路1号 幸福里", "", "2026-05-01 10:23"],
            ["4", "904", "语音", "1", "我", "5@chatroom", "语音时长：3.00秒", "", "2026-05-01 10:23"],
            ["5", "9.05E+18", "图片", "1", "我", "5@chatroom", "图片", "", "2026-05-01 10:23"],
            ["6", "9.05E+18", "系统通知", "1", "系统", "5@chatroom", "xx", "", "2026-05-01 10:23"],
        )
    )
    assert [m.id for m in chat.messages] == ["901", "902", "903", "904", "L8"]
    assert chat.messages[1].quote == Quote(None, "灯坏了", "wxid_a") and chat.messages[1].text == "同"
    assert chat.messages[3].text == "" and chat.messages[3].attachments
    assert chat.rooms == (ChatRoom("5@chatroom", "幸福里"),)


def test_pywxdump_json_cells() -> None:
    header = PYWXDUMP.replace("msg,src", "content")
    cell = '{"src": "", "msg": "灯\\u0000坏了"}'
    chat = read(table(header, ["1", "901", "文本", "0", "wxid_a", "5@chatroom", cell, "2026-05-01 10:21:33"]))
    assert chat.messages[0].text == "灯坏了"


def test_memotrace() -> None:
    chat = read(
        table(
            "消息ID,类型,发送人,时间,内容,备注,昵称,更多信息",
            ["9", "文本", "王阿姨", "2026-05-01 10:21:33", "灯坏了", "", "w", ""],
            ["10", "引用消息", "老李", "2026-05-01 10:22:33", "收到\n引用：王阿姨: 灯坏了", "", "l", ""],
            ["11", "动画表情", "老李", "2026-05-01 10:22:33", "[表情包]", "", "l", ""],
        )
    )
    assert chat.messages[1].text == "收到" and chat.messages[1].quote == Quote(None, "灯坏了", "王阿姨")
    assert (chat.messages[2].text, chat.messages[2].attachments) == ("", ())


def test_chatlog() -> None:
    chat = read(
        table(
            CHATLOG,
            ["2026-05-01 10:21:33", "5@chatroom", "幸福里群", "wxid_a", "王阿姨", "false", "1", "文本消息", "灯坏了"],
            ["2026-05-01 10:22:33", "5@chatroom", "幸福里群", "wxid_b", "", "false", "49", "引用消息", "我家也是"],
            ["2026-05-01 10:22:33", "5@chatroom", "幸福里群", "wxid_b", "", "false", "49", "文件", "a.pdf"],
            ["2026-05-01 10:22:33", "5@chatroom", "幸福里群", "系统消息", "", "false", "10000", "系统消息", "加入"],
        )
    )
    assert [m.text for m in chat.messages] == ["灯坏了", "我家也是", ""]
    assert chat.rooms == (ChatRoom("5@chatroom", "幸福里群"),)


def test_packed_types_of_wechat_4() -> None:
    packed = str((57 << 32) | 49)
    chat = read(table("时间,发送人,Type,内容", ["2026-05-01 10:21", "a", packed, QUOTE_XML]))
    assert chat.messages[0].text == "我家也是"


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><msg><appmsg><title>&b;</title></appmsg></msg>',
        "<msg>" * 20_000,
        "<msg><appmsg><title>未完",
        "<msg>" + "x" * 300_000,
    ],
)
def test_hostile_xml_is_no_text(xml: str) -> None:
    text = table("时间,发送人,Type,SubType,内容", ["2026-05-01 10:21", "a", "49", "57", xml])
    assert read(text).messages[0].text == ""


def test_the_bots_own_rows_are_left_out() -> None:
    chat = read("时间,发送人,内容\n2026-05-01 10:21,小哨,已登记\n2026-05-01 10:22,老李,好\n")
    assert len(chat.messages) == 1 and chat.notes == ("略去小哨自己发的 1 条消息。",)


def test_errors_name_the_line_and_the_column() -> None:
    bad_time = error('时间,发送人,内容\n2026-05-01 10:21,老李,"两\n行"\n昨天,老李,好\n')
    assert bad_time.startswith("第4行的“时间”是“昨天”")
    assert error("StrTime,Sender,StrContent\n2026-05-01 10:21,,x\n").startswith("第2行的“Sender”是空的")
    assert error("at,sender,role,text\n2026-05-01 10:21,a,king,x\n").startswith("第2行的“role”是“king”")
    assert error("at,sender,attachments\n2026-05-01 10:21,a,video\n").startswith("第1行的表头里没有内容")
    assert error("at,sender,text,attachments\n2026-05-01 10:21,a,x,video\n").startswith("第2行的“attachments”")
    assert error("时间,内容\n2026-05-01 10:21,x\n").startswith("第1行的表头里没有发送人")
    assert error("发送人,内容\na,x\n").startswith("第1行的表头里没有时间")
    assert error("时间,发送人,内容\n").startswith("第1行是表头")
    assert error('时间,发送人,内容\n2026-05-01 10:21,a,"没有合上\n').startswith("第2行的引号不成对")
    assert error("时间,发送人,内容\n2026-05-01 10:21,a,b,c\n").startswith("第2行有 4 格")
    assert error("时间,发送人,内容\n9999-12-31 10:21,a,b\n").startswith("第2行的“时间”")


def test_a_million_characters_and_the_limit_put_back() -> None:
    before = csv.field_size_limit()
    assert len(read(f'时间,发送人,内容\n2026-05-01 10:21,a,"{"长" * 1_000_000}"\n').messages[0].text) == 1_000_000
    with pytest.raises(ChatFileError):
        read('时间,发送人,内容\n2026-05-01 10:21,a,"b')
    assert csv.field_size_limit() == before

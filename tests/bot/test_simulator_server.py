"""The simulator's HTTP interface over a made-up stage."""

import http.client
from contextlib import closing

import pytest
from simulating import Served, next_push, png

from bot.web.simulator import STATIC

HELLO = {"chat": "room:r1", "sender": "zhang", "text": "你好", "quote": None}


def test_scene_holds_everything_in_the_stages_zone(served: Served) -> None:
    served.do(served.stage.open, "路灯坏了", "zhang")
    status, scene, headers = served.ask("GET", "/api/scene")
    assert status == 200
    assert scene["now"] == "2026-11-03T09:05:00+08:00"
    assert [room["mode_name"] for room in scene["rooms"]] == ["开", "询问"]
    assert scene["people"][0]["note"] == "住 3 栋，热心肠"
    assert scene["bubbles"][0]["text"] == "大家早上好"
    assert scene["board"][0]["history"][0]["at"] == "2026-11-03T09:05:00+08:00"
    assert scene["board"][0]["evidence"] == ["路灯", "坏"]
    assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]


def test_page_and_every_file_of_it_come_from_here_and_are_small(served: Served) -> None:
    files = [path for path in STATIC.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 150_000
    for path in files:
        text = path.read_text("utf-8")
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), path.name
        assert "innerHTML" not in text, path.name
        assert served.ask("GET", f"/static/{path.name}")[0] == 200
    assert "<script>" not in served.ask("GET", "/")[1].decode()


def test_speaking_with_quote_and_pictures(served: Served) -> None:
    assert served.post("/api/say", HELLO | {"quote": "m0"})[0] == 200
    assert served.stage.said[-1].quote_text == "大家早上好"
    fields = {"chat": "room:r1", "sender": "zhang", "text": "你看"}
    assert served.form(fields, [png()]) == (200, {"ok": True})
    status, data, headers = served.ask("GET", served.stage.said[-1].picture or "")
    assert (status, data, headers["content-type"]) == (200, png(), "image/png")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "sentence"),
    [
        ("/api/say", HELLO | {"text": "字" * 5001}, {}, 413, "一条消息最多 5000 个字，这条有 5001 个字。"),
        ("/api/say", HELLO | {"text": " \n "}, {}, 400, "先写点什么，再发送。"),
        ("/api/say", HELLO | {"text": "\ud800"}, {}, 400, "文字里有无法识别的字符。"),
        ("/api/say", HELLO | {"text": 7}, {}, 400, "text 应当是文字。"),
        ("/api/say", HELLO | {"sender": "nobody"}, {}, 404, "没有这个人。"),
        ("/api/say", HELLO | {"sender": "bot"}, {}, 404, "没有这个人。"),
        ("/api/say", HELLO | {"chat": "room:r9"}, {}, 404, "没有这个聊天。"),
        ("/api/say", HELLO | {"chat": "room:r2"}, {}, 400, "张阿姨不在这个群里。"),
        ("/api/say", HELLO | {"chat": "private:wang"}, {}, 404, "没有这个聊天。"),
        ("/api/say", HELLO | {"quote": "m99"}, {}, 400, "引用的那条消息不在这个聊天里。"),
        ("/api/say", b"{", {}, 400, "请求不是有效的 JSON。"),
        ("/api/say", b"[" * 100_000, {}, 400, "请求不是有效的 JSON。"),
        ("/api/say", b"\xff\xfe", {}, 400, "请求不是有效的 JSON。"),
        ("/api/say", [], {}, 400, "请求应当是一个 JSON 对象。"),
        ("/api/say", b" " * 300_000, {}, 413, "发来的内容太大了。"),
        ("/api/say", HELLO, {"Content_Type": "text/plain"}, 415, "请用 JSON 发送请求。"),
        ("/api/say", HELLO, {"Origin": "http://example.org"}, 403, "只接受模拟器自己的页面发来的请求。"),
        ("/api/say", HELLO, {"Sec_Fetch_Site": "cross-site"}, 403, "只接受模拟器自己的页面发来的请求。"),
        ("/api/say", HELLO, {"Host": "evil.example"}, 403, "模拟器只在本机使用：请用 http://127.0.0.1 加端口打开。"),
        ("/api/clock", {"minutes": 0}, {}, 400, "时间应当是 1 到 44640 之间的整数。"),
        ("/api/clock", {"minutes": True}, {}, 400, "时间应当是 1 到 44640 之间的整数。"),
        ("/api/clock", {"hour": 24, "minute": 0}, {}, 400, "时间应当是 0 到 23 之间的整数。"),
        ("/api/clock", {}, {}, 400, "请说明时间要往前走多少分钟，或走到几点几分。"),
        ("/api/nothing", {}, {}, 404, "没有这个地址。"),
        ("/api/scene", {}, {}, 405, "这个地址不支持这种请求方式。"),
    ],
)
def test_bad_requests_get_one_sentence_and_change_nothing(
    served: Served, path: str, body: object, headers: dict[str, str], status: int, sentence: str
) -> None:
    before = served.stage.time
    assert served.post(path, body, **headers) == (status, {"error": sentence})
    assert len(served.stage.said) == 1
    assert served.stage.time == before


@pytest.mark.parametrize(
    ("pictures", "headers", "status", "sentence"),
    [
        ([b"<svg onload=alert(1)>"], {}, 415, "只能发 PNG、JPEG、GIF 或 WebP 图片。"),
        ([png() + b"\0" * 10 * 1024 * 1024], {}, 413, "图片太大了，每张最多 10 MB。"),
        ([png()] * 10, {}, 413, "一次最多发 9 张图片。"),
        ([png()], {"X_Xiaoshao": ""}, 403, "带图片的请求要有 X-Xiaoshao 请求头。"),
        ([png()], {"Content_Type": "multipart/form-data"}, 400, "表单格式不对。"),
        ([png()], {"Content_Type": "multipart/form-data; boundary=zzz"}, 400, "表单格式不对。"),
    ],
)
def test_bad_pictures_are_refused(
    served: Served, pictures: list[bytes], headers: dict[str, str], status: int, sentence: str
) -> None:
    fields = {"chat": "room:r1", "sender": "zhang", "text": "看"}
    assert served.form(fields, pictures, **headers) == (status, {"error": sentence})
    assert len(served.stage.said) == 1


def test_stream_tells_bubbles_board_clock_and_rooms_and_ends_with_the_server(served: Served) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as connection:
        connection.request("GET", "/api/events")
        stream = connection.getresponse()
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.readline() == b"retry: 1000\n"
        served.post("/api/say", HELLO | {"text": "路灯坏了"})
        kinds = dict([next_push(stream) for _ in range(4)])
        assert set(kinds) == {"clock", "bubble", "board"}
        assert kinds["bubble"]["text"].startswith("已登记 投诉 #1")
        assert [ticket["title"] for ticket in kinds["board"]["changed"]] == ["路灯坏了"]
        served.do(served.stage.open, "电梯坏了", "zhang")
        kind, board = next_push(stream)
        assert (kind, board["numbers"]) == ("board", ["2", "1"])
        assert [ticket["number"] for ticket in board["changed"]] == ["2"]  # only what changed
        assert served.post("/api/clock", {"minutes": 60}) == (200, {"now": "2026-11-03T10:05:00+08:00"})
        assert next_push(stream) == ("clock", {"now": "2026-11-03T10:05:00+08:00"})
        served.do(served.stage.push, "rooms")
        assert next_push(stream)[0] == "rooms"
        served.run(served.runner.cleanup())
        assert stream.read().strip() == b""
        assert not served.stage.listeners

"""The simulator's page over a small made-up stage: the HTTP interface, and the page in a real browser."""

import asyncio
import http.client
import json
import shutil
import struct
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.web.simulator import STATIC, STOPPING, simulator_app
from bot.web.stage import BoardEvent, BoardTicket, Bubble, Event, Picture, StagePerson, StageRoom

ZONE = ZoneInfo("Asia/Shanghai")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def png(width: int = 40, height: int = 30) -> bytes:
    """A real one-coloured PNG."""
    row = b"\0" + b"\x50\x90\x60" * width
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


class FakeStage:
    """A village whose bot answers 坏 with a ticket, 18:00 with a digest and every private line with an echo."""

    zone = "Asia/Shanghai"

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 3, 9, 5, tzinfo=ZONE).astimezone(UTC)
        self.said: list[Bubble] = []
        self.tickets: dict[str, BoardTicket] = {}
        self.photos: dict[str, Picture] = {}
        self.listeners: set[asyncio.Queue[Event]] = set()
        self.add("room:r1", "wang", "大家早上好")

    def rooms(self) -> Sequence[StageRoom]:
        return [StageRoom("r1", "东坑一组", "on", "开", False), StageRoom("r2", "东坑二组", "ask", "询问", True)]

    def people(self) -> Sequence[StagePerson]:
        return [
            StagePerson("zhang", "张阿姨", "居民", ("r1",), "住 3 栋，热心肠"),
            StagePerson("wang", "王大爷", "居民", ("r1",)),
            StagePerson("chen", "小陈", "党员", ("r1", "r2")),
            StagePerson("li", "老李", "微网格长", ("r1",)),
            StagePerson("liu", "刘姐", "居民", ("r2",)),
        ]

    def now(self) -> datetime:
        return self.time

    def bubbles(self) -> Sequence[Bubble]:
        return self.said

    def picture(self, name: str) -> Picture | None:
        return self.photos.get(name)

    async def board(self) -> Sequence[BoardTicket]:
        return list(reversed(self.tickets.values()))

    async def say(self, chat: str, sender: str, text: str, quote: str | None, pictures: Sequence[Picture]) -> None:
        quoted = next((bubble for bubble in self.said if bubble.id == quote), None)
        urls = []
        for picture in pictures:
            name = f"{len(self.photos)}.png"
            self.photos[name] = picture
            urls.append(f"/pictures/{name}")
        self.add(chat, sender, text, urls[0] if urls else None, quoted)
        if chat.startswith("private:"):
            self.add(chat, "bot", f"收到：{text}")
        elif "坏" in text:
            self.open(text, sender)
            self.add(chat, "bot", f"已登记 投诉 #{len(self.tickets)}，回复「撤回 {len(self.tickets)}」可撤回")
        elif text.startswith("受理") and "1" in self.tickets:
            old = self.tickets["1"]
            event = BoardEvent(self.time, "老李受理了这件事")
            self.tickets["1"] = replace(old, status="accepted", status_name="已受理", history=(*old.history, event))
            self.push("board")

    async def advance(self, minutes: int) -> datetime:
        self.time += timedelta(minutes=minutes)
        self.push("clock")
        return self.time

    async def advance_to(self, hour: int, minute: int) -> datetime:
        local = self.time.astimezone(ZONE)
        at = local.replace(hour=hour, minute=minute)
        self.time = (at if at > local else at + timedelta(days=1)).astimezone(UTC)
        self.add("private:li", "bot", "【日报】东坑一组\n· 新增 1 件\n· 待办 1 件")
        self.push("clock")
        return self.time

    async def subscribe(self) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self.listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.listeners.remove(queue)

    def push(self, kind: str) -> None:
        for queue in self.listeners:
            queue.put_nowait(Event(kind, {}))

    def add(self, chat: str, sender: str, text: str, picture: str | None = None, quote: Bubble | None = None) -> None:
        name = next((person.name for person in self.people() if person.id == sender), "小哨")
        said, words = (quote.sender_name, quote.text) if quote else (None, None)
        self.said.append(Bubble(f"m{len(self.said)}", chat, sender, name, text, self.time, picture, said, words))
        self.push("bubble")

    def open(self, title: str, sender: str) -> None:
        number = str(len(self.tickets) + 1)
        due = self.time + timedelta(hours=24)
        history = (BoardEvent(self.time, "张阿姨提出"),)
        self.tickets[number] = BoardTicket(
            number, "complaint", "投诉", "道路设施", "open", "待受理", "东坑一组", title, "3栋", False, "normal",
            self.time, due, False, (sender,), None, ("路灯", "坏"), history,
        )  # fmt: skip
        self.push("board")


class Served:
    """The real server over a fake stage, on a thread of its own."""

    def __init__(self) -> None:
        self.stage = FakeStage()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.runner = web.AppRunner(simulator_app(self.stage))
        self.port = self.run(self._start())

    async def _start(self) -> int:
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return int(self.runner.addresses[0][1])

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        async def inside() -> Any:
            return function(*arguments)

        return self.run(inside())

    def stop(self) -> None:
        self.run(self.runner.cleanup())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, dict[str, str]]:
        """One request; header names with _ for -. Answers status, JSON (or bytes) and headers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            data: Any = response.read()
            if response.headers.get_content_type() == "application/json":
                data = json.loads(data)
            return response.status, data, {k.lower(): v for k, v in response.headers.items()}

    def post(self, path: str, value: object, **headers: str) -> tuple[int, Any]:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", path, body, **({"Content_Type": "application/json"} | headers))[:2]

    def form(self, fields: dict[str, str], pictures: Sequence[bytes], **headers: str) -> tuple[int, Any]:
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()
        ]
        head = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
        body = b"".join([*parts, *(head + picture + b"\r\n" for picture in pictures), b"--b--\r\n"])
        kept = {"Content_Type": "multipart/form-data; boundary=b", "X_Xiaoshao": "1"} | headers
        return self.ask("POST", "/api/say", body, **{k: v for k, v in kept.items() if v})[:2]


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served()
    yield server
    server.stop()


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


def next_push(stream: http.client.HTTPResponse) -> tuple[str, Any]:
    """The next event of a stream, over heartbeats."""
    kind = ""
    while True:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return kind, json.loads(line.removeprefix("data: "))


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.fail("no Chromium: run `apt-get install -y chromium fonts-noto-cjk` (or install Google Chrome)")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=FLAGS)


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Page]:
    """The open page, wide and as on a phone. Anything on the console beyond what a test expects fails it."""
    size = {"width": request.param, "height": 800}
    context = browser.new_context(viewport=size, has_touch=request.param < 1000, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(8000)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda sent: None if "127.0.0.1" in sent.url or sent.url[:5] == "blob:" else wrong.append(sent.url)
    )
    page.goto(f"http://127.0.0.1:{served.port}/")
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    yield page
    context.close()
    assert wrong == []


def is_phone(page: Page) -> bool:
    return (page.viewport_size or {"width": 0})["width"] < 1000


def show(page: Page, tab: str) -> None:
    """Bring 群聊, 私聊 or 台账 into view."""
    if is_phone(page):
        page.get_by_role("navigation").get_by_role("button", name=tab).click()


def speak_as(page: Page, name: str) -> None:
    if is_phone(page):
        page.get_by_role("button", name="点这里换人").click()
    page.get_by_role("radio", name=name).click()
    expect(page.locator("#people [aria-checked=true]")).to_contain_text(name)


def say(page: Page, name: str, text: str, where: str = "群聊") -> None:
    box = page.get_by_role("textbox", name=f"{where}：以{name}的身份说话")
    box.fill(text)
    box.press("Enter")


def test_a_complaint_is_said_answered_taken_on_and_seen_on_the_board(page: Page) -> None:
    group = page.get_by_role("region", name="群聊")
    say(page, "张阿姨", "门口路灯坏了")
    expect(group.locator(".own .bubble")).to_have_text("门口路灯坏了")
    expect(group.locator(".row").last).to_contain_text("已登记 投诉 #1")
    if is_phone(page):
        expect(page.get_by_role("button", name="台账").locator(".badge")).to_have_text("1")
    show(page, "台账")
    card = page.locator("details[data-number='1']")
    expect(card).to_contain_text("待受理")
    expect(card).to_contain_text("还剩 24 小时")
    card.locator("summary").click()
    expect(card.locator(".evidence")).to_have_text("依据路灯坏")
    show(page, "群聊")
    speak_as(page, "老李")
    expect(group.locator(".own")).to_have_count(0)
    page.get_by_role("button", name="受理 #1", exact=True).click()
    box = page.get_by_role("textbox", name="群聊：以老李的身份说话")
    expect(box).to_have_value("受理 1")
    expect(box).to_be_focused()
    box.press("Enter")
    show(page, "台账")
    expect(card).to_contain_text("已受理")
    expect(card.locator(".history li")).to_have_count(2)  # an open card stays open


def test_quote_picture_and_new_lines(page: Page) -> None:
    group = page.get_by_role("region", name="群聊")
    group.get_by_text("大家早上好").click(button="right")
    page.get_by_role("menuitem", name="引用").click()
    expect(group.locator(".quote-bar")).to_contain_text("王大爷：大家早上好")
    box = group.get_by_role("textbox")
    expect(box).to_be_focused()
    box.press_sequentially("早")
    box.press("Shift+Enter")
    box.press_sequentially("吃了吗")
    box.press("Enter")
    expect(group.locator(".own .bubble")).to_have_text("早\n吃了吗", use_inner_text=True)
    expect(group.locator(".own .quoted")).to_have_text("王大爷：大家早上好")
    expect(group.locator(".quote-bar")).to_be_hidden()
    group.locator("input[type=file]").set_input_files({"name": "灯.png", "mimeType": "image/png", "buffer": png()})
    expect(group.locator(".thumbs img")).to_have_count(1)
    group.get_by_role("button", name="发送").click()
    picture = group.get_by_role("button", name="张阿姨发的图片")
    expect(picture.locator("img")).to_have_js_property("naturalWidth", 40)
    picture.click()
    expect(page.get_by_role("dialog").locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_private_chat_is_the_speakers_own(page: Page) -> None:
    show(page, "私聊")
    private = page.get_by_role("region", name="私聊")
    say(page, "张阿姨", "我的", "私聊")
    expect(private.locator(".row").last).to_contain_text("收到：我的")
    speak_as(page, "王大爷")
    expect(private.locator(".row")).to_have_count(0)
    expect(private.get_by_text("还没有私聊")).to_be_visible()
    speak_as(page, "张阿姨")
    expect(private.locator(".row")).to_have_count(2)


def test_the_clock_goes_to_the_digest_and_leads_to_who_got_it(page: Page) -> None:
    def move(name: str) -> None:
        if is_phone(page):
            page.get_by_role("button", name="村里的时间").click()
        page.get_by_role("button", name=name).click()

    move("+1 小时")
    expect(page.locator("#now")).to_contain_text("10:05")
    move("+1 天")
    expect(page.locator("#now")).to_contain_text("11月4日")
    expect(page.locator("#group .stamp")).to_have_text("昨天 09:05")
    move("到 18:00 看日报")
    expect(page.locator("#now")).to_contain_text("18:00")
    expect(page.locator("#people [data-person=li] .badge")).to_have_text("1")
    page.get_by_role("button", name="小哨私信 老李").click()
    expect(page.locator("#people [aria-checked=true]")).to_contain_text("老李")
    digest = page.get_by_role("region", name="私聊").locator(".bubble")
    expect(digest).to_have_text("【日报】东坑一组\n· 新增 1 件\n· 待办 1 件", use_inner_text=True)
    expect(page.locator("#people [data-person=li] .badge")).to_be_hidden()


def test_text_is_only_ever_text(page: Page, served: Served) -> None:
    attack = "<img src=x onerror=\"document.title='坏'\"><script>alert(1)</script>「认领 1」坏"
    say(page, "张阿姨", attack)
    expect(page.locator("#group .own .bubble")).to_have_text(attack)
    served.do(served.stage.add, "room:r1", "bot", attack)
    expect(page.locator("#group .row").last.locator(".bubble")).to_have_text(attack)
    show(page, "台账")
    expect(page.locator("details .title")).to_have_text(attack)
    expect(page).to_have_title("小哨 · 模拟器")


def test_a_reader_keeps_the_place_and_other_groups_count(page: Page, served: Served) -> None:
    for index in range(200):
        served.do(served.stage.add, "room:r1", "wang", f"第 {index} 句")
    group = page.get_by_role("region", name="群聊")
    expect(group.get_by_text("第 199 句")).to_be_in_viewport()
    seen = group.get_by_text("第 20 句", exact=True)
    seen.scroll_into_view_if_needed()
    expect(seen).to_be_in_viewport()
    before = seen.bounding_box()
    served.do(served.stage.add, "room:r1", "wang", "最新的一句")
    expect(group.get_by_role("button", name="1 条新消息")).to_be_visible()
    assert seen.bounding_box() == before
    group.get_by_role("button", name="1 条新消息").click()
    expect(group.get_by_text("最新的一句")).to_be_in_viewport()
    served.do(served.stage.add, "room:r2", "liu", "二组有人吗")
    served.do(served.stage.add, "room:r2", "liu", "在吗")
    expect(page.get_by_role("button", name="东坑二组").locator(".badge")).to_have_text("2")
    page.get_by_role("button", name="东坑二组").click()
    expect(group.get_by_text("张阿姨不在这个群里")).to_be_visible()
    expect(page.get_by_role("button", name="东坑二组").locator(".badge")).to_be_hidden()
    group.get_by_role("button", name="换小陈来说").click()
    say(page, "小陈", "在的")
    expect(group.locator(".own .bubble")).to_have_text("在的")


def test_keyboard_alone_is_enough(page: Page) -> None:
    group = page.get_by_role("region", name="群聊")
    group.get_by_role("log").focus()
    page.keyboard.press("ArrowUp")
    expect(group.locator(".row").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="引用")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(group.locator(".row").last).to_be_focused()
    if not is_phone(page):
        page.get_by_role("radio", name="张阿姨").focus()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("radio", name="王大爷")).to_be_focused()
        expect(group.get_by_role("textbox", name="以王大爷的身份")).to_be_visible()


def test_a_refusal_is_shown_and_the_words_come_back(page: Page) -> None:
    say(page, "张阿姨", "字" * 5001)
    expect(page.get_by_role("alert")).to_have_text("一条消息最多 5000 个字，这条有 5001 个字。")
    expect(page.get_by_role("region", name="群聊").get_by_role("textbox")).to_have_value("字" * 5001)


def test_a_lost_stream_comes_back_with_what_was_missed(browser: Browser, served: Served) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{served.port}/")
        expect(page.locator("body")).to_have_attribute("data-ready", "true")
        context.set_offline(True)
        served.do(served.runner.app[STOPPING].set)
        expect(page.get_by_text("正在重连")).to_be_visible()
        served.do(served.runner.app[STOPPING].clear)
        served.do(served.stage.add, "room:r1", "wang", "断线时说的")
        context.set_offline(False)
        expect(page.locator("#group .row").last).to_contain_text("断线时说的")
        expect(page.get_by_text("正在重连")).to_be_hidden()

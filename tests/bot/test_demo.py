"""The demo as a visitor sees it: the real program as a process of its own, a real browser in front of it."""

import json
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest
from browsing import is_phone, opened, say, show, speak_as
from playwright.sync_api import Browser, Locator, Page, expect
from processes import demo, xiaoshao
from simulating import png

EAST, GARDEN = "东街微网格", "清河花园微网格"


@pytest.fixture
def village(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """The demo's page, freshly started; request.param is its width."""
    with demo() as (_, address), opened(browser, address, getattr(request, "param", 1280)) as page:
        yield page


def last(page: Page, where: str) -> Locator:
    """The newest message of 群聊 or 私聊."""
    return page.get_by_role("region", name=where).locator(".row").last


def hears(page: Page, name: str, words: str) -> None:
    """The person's newest private message holds these words."""
    speak_as(page, name)
    show(page, "私聊")
    expect(last(page, "私聊")).to_contain_text(words)


def answers(page: Page, name: str, text: str, words: str) -> None:
    """The person says something in private, and the bot answers with these words."""
    speak_as(page, name)
    show(page, "私聊")
    say(page, name, text, "私聊")
    expect(page.get_by_role("region", name="私聊").locator(".row", has_text=words).last).to_be_visible()


def enter(page: Page, room: str) -> None:
    show(page, "群聊")
    page.get_by_role("button", name=room).click()


def card(page: Page, number: int) -> Locator:
    show(page, "台账")
    return page.locator(f"details[data-number='{number}']")


def move(page: Page, button: str) -> None:
    if is_phone(page):
        page.get_by_role("button", name="村里的时间").click()
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("village", [1280, 390], indirect=True)
def test_a_complaint_its_reminder_the_digest_and_its_end(village: Page) -> None:
    expect(village.locator("#now")).to_contain_text("09:00")
    say(village, "张阿姨", "东街2巷路灯坏了好几天，没人修")
    expect(last(village, "群聊")).to_contain_text("@张阿姨 已登记 #1")
    entry = card(village, 1)
    expect(entry).to_contain_text(EAST)
    entry.locator("summary").click()
    expect(entry.locator(".evidence mark").first).to_be_visible()
    expect(entry.locator(".history li")).to_have_count(1)
    hears(village, "老李", "受理 1")
    move(village, "到 18:00 看日报")
    expect(village.locator("#now")).to_contain_text("18:00")
    expect(last(village, "私聊")).to_contain_text("日报】")
    expect(village.get_by_role("region", name="私聊")).to_contain_text("还没有人受理")
    days = 0
    while "逾期" not in card(village, 1).inner_text():  # five working days, however many holidays lie between
        move(village, "+1 天")
        expect(village.locator("#clock-moves")).not_to_have_attribute("aria-busy", "true")
        days += 1
        assert days < 20
    show(village, "私聊")
    expect(village.get_by_role("region", name="私聊")).to_contain_text("到期")
    answers(village, "老李", "办结 1 换了灯泡", "已办结")
    hears(village, "张阿姨", "满意 1")
    answers(village, "张阿姨", "满意 1", "谢谢")
    enter(village, EAST)
    expect(last(village, "群聊")).to_contain_text("#1")
    expect(card(village, 1)).to_have_class(re.compile(r"\bover\b"))
    expect(card(village, 1).locator(".history li").last).to_contain_text("满意")


def test_a_wish_is_claimed_agreed_to_done_and_confirmed(village: Page) -> None:
    speak_as(village, "周伯")
    enter(village, GARDEN)
    say(village, "周伯", "想借一台轮椅，哪位邻居家有")
    expect(last(village, "群聊")).to_contain_text("认领 1")
    speak_as(village, "林老师")
    enter(village, GARDEN)
    say(village, "林老师", "认领 1")
    expect(last(village, "群聊")).to_contain_text("林老师 认领了 #1")
    answers(village, "小何", "同意 1", "#1")
    hears(village, "林老师", "13800000002")
    answers(village, "林老师", "完成 1 轮椅送到了", "#1")
    hears(village, "周伯", "已办好")
    answers(village, "周伯", "确认 1", "#1")
    enter(village, GARDEN)
    expect(last(village, "群聊")).to_contain_text("林老师")
    expect(village.get_by_role("region", name="群聊")).not_to_contain_text("13800000002")
    expect(card(village, 1)).to_have_class(re.compile(r"\bover\b"))


@pytest.mark.parametrize("village", [390], indirect=True)
def test_a_dispute_stays_out_of_the_group_and_a_picture_gets_onto_the_board(village: Page) -> None:
    group = village.get_by_role("region", name="群聊")
    say(village, "张阿姨", "楼上天天半夜吵架打人，跟他说了好几次还骂我")
    hears(village, "老李", "楼上")
    show(village, "群聊")
    expect(group.locator(".row")).to_have_count(1)
    speak_as(village, "孙伯")
    group.locator("input[type=file]").set_input_files({"name": "垃圾.png", "mimeType": "image/png", "buffer": png()})
    expect(group.locator(".thumbs img")).to_have_count(1)
    say(village, "孙伯", "东街1巷垃圾堆了三天没人清运，臭死了")
    expect(group.get_by_role("button", name="孙伯发的图片").locator("img")).to_have_js_property("naturalWidth", 40)
    expect(last(village, "群聊")).to_contain_text("@孙伯 已登记")
    show(village, "台账")
    entry = village.locator("details.ticket").filter(has_text="垃圾堆了三天").first
    entry.locator("summary").click()
    expect(entry.locator(".pictures img")).to_have_js_property("naturalWidth", 40)


def test_one_word_silences_the_group(village: Page) -> None:
    speak_as(village, "老李")
    say(village, "老李", "@小哨 安静")
    expect(village.locator("#group .chat-head")).to_contain_text("静")
    speak_as(village, "张阿姨")
    say(village, "张阿姨", "东街2巷路灯坏了好几天，没人修")
    expect(card(village, 1)).to_contain_text("路灯")
    show(village, "群聊")
    expect(village.locator("#group .row")).to_have_count(2)
    speak_as(village, "老李")
    say(village, "老李", "@小哨 恢复")
    expect(last(village, "群聊").locator(".bubble")).not_to_contain_text("@小哨")


def post(address: str, path: str, value: object) -> None:
    body = json.dumps(value).encode()
    asked = urllib.request.Request(f"{address}{path}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.status == 200


def stop(process: subprocess.Popen[str], sign: signal.Signals) -> None:
    """Stop it while a page is open: at once, with exit 0 and without a word."""
    process.send_signal(sign)
    assert process.wait(timeout=10) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_a_month_passes_quickly_and_each_day_has_its_digest_until_ctrl_c() -> None:
    with demo() as (process, address), urllib.request.urlopen(f"{address}api/events", timeout=10):
        room = {"chat": "room:east", "sender": "zhang-ayi", "text": "东街2巷路灯坏了好几天，没人修", "quote": None}
        post(address, "api/say", room)
        started = time.monotonic()
        post(address, "api/clock", {"minutes": 30 * 24 * 60})
        assert time.monotonic() - started < 20
        with urllib.request.urlopen(f"{address}api/scene", timeout=10) as answer:
            scene = json.load(answer)
        stop(process, signal.SIGINT)
    digests = [b["at"] for b in scene["bubbles"] if b["chat"] == "private:lao-li" and "日报】" in b["text"]]
    assert len(digests) == 30
    assert {at[11:16] for at in digests} == {"18:00"}


def test_a_used_port_a_foreign_address_and_a_wrong_port_are_sentences() -> None:
    with demo() as (process, address), urllib.request.urlopen(f"{address}api/events", timeout=10):
        port = address.rstrip("/").rsplit(":", 1)[1]
        second = xiaoshao("demo", "--port", port)
        stop(process, signal.SIGTERM)
    assert second.returncode == 2
    assert second.stderr.decode().startswith(f"端口 {port} 用不了，可能已被占用。请换一个：")
    foreign = xiaoshao("demo", "--port", 0, "--host", "0.0.0.0")
    assert (foreign.returncode, foreign.stdout) == (2, b"")
    assert "只能在本机打开" in foreign.stderr.decode()
    assert xiaoshao("demo", "--port", 70000).stderr.decode() == "--port 的值不对，请看 xiaoshao demo --help。\n"

"""The simulator's page over a made-up stage, in a real browser."""

from contextlib import closing

from browsing import is_phone, say, show, speak_as
from playwright.sync_api import Browser, Page, expect
from simulating import Served, png

from bot.web.simulator import STOPPING


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

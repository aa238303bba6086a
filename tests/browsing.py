"""The simulator's page in a real browser: opening it and doing what a visitor does."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def opened(browser: Browser, address: str, width: int) -> Iterator[Page]:
    """The page, ready. Anything on its console, and any request to elsewhere, fails the test."""
    context = browser.new_context(viewport={"width": width, "height": 800}, has_touch=width < 1000, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(8000)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda sent: None if "127.0.0.1" in sent.url or sent.url[:5] == "blob:" else wrong.append(sent.url)
    )
    page.goto(address)
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

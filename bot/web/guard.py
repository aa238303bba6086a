"""Who may talk to the simulator, and how it says no.

The page speaks as anyone, so nothing but a page of this very server on this very machine may post to it: loopback Host
headers only (a rebound DNS name carries its own), same-origin POSTs only, and a content security policy that
leaves a planted script nothing to do.
"""

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from bot.web.scene import dumps
from bot.web.stage import StageError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CUSTOM_HEADER = "X-Xiaoshao"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

SENTENCES = {
    404: "没有这个地址。",
    405: "这个地址不支持这种请求方式。",
    413: "发来的内容太大了。",
}

log = logging.getLogger(__name__)


class Refusal(Exception):
    """A request that is turned away: an HTTP status and one Chinese sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def refused(status: int, sentence: str) -> web.Response:
    """The JSON answer of a refusal."""
    body = dumps({"error": sentence})
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine: localhost, 127.0.0.0/8 or [::1], with any port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_origin(request: web.Request) -> None:
    """Refuse a POST that another site's page made. Programs send neither header and pass."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    own = f"{request.scheme}://{request.headers.get('Host', '')}"
    if site != "same-origin" or request.headers.get("Origin", own) != own:
        raise Refusal(403, "只接受模拟器自己的页面发来的请求。")


@web.middleware
async def answer_plainly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure leaves as a status and one sentence in JSON."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refused(refusal.status, str(refusal))
    except StageError as error:
        return refused(400, str(error))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = refused(error.status, SENTENCES.get(error.status, "这个请求没法处理。"))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception:
        log.exception("the simulator failed at %s %s", request.method, request.path)
        return refused(500, "模拟器出错了，详情在运行它的终端里。")


@web.middleware
async def only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign Host headers on everything, foreign origins on everything that changes something."""
    if not is_loopback(request.headers.get("Host", "")):
        raise Refusal(403, "模拟器只在本机使用：请用 http://127.0.0.1 加端口打开。")
    if request.method not in {"GET", "HEAD"}:
        check_origin(request)
    return await handler(request)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every answer; nothing may be kept by the browser without asking again."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-cache")

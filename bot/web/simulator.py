"""The simulator's server: one page on which a visitor speaks as anyone in the village and sees what the bot does."""

import asyncio
import secrets
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.web.guard import Refusal, add_headers, answer_plainly, only_this_machine
from bot.web.sayform import read_json, read_said
from bot.web.scene import dumps, local, scene_json
from bot.web.stage import Stage
from bot.web.stream import serve

STATIC = Path(__file__).parent / "static"
MAX_JSON = 256 * 1024  # bytes; multipart bodies are read in pieces and have their own limits
MAX_MINUTES = 31 * 24 * 60  # one push of a button never runs more than a month of schedules

STAGE: web.AppKey[Stage] = web.AppKey("stage", Stage)
EPOCH = web.AppKey("epoch", str)
STOPPING = web.AppKey("stopping", asyncio.Event)


def simulator_app(stage: Stage) -> web.Application:
    """The page, its files and its API over one stage. Serve it on a loopback address only."""
    app = web.Application(client_max_size=MAX_JSON, middlewares=[answer_plainly, only_this_machine])
    app[STAGE] = stage
    app[EPOCH] = secrets.token_hex(8)
    app[STOPPING] = asyncio.Event()
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_stop)
    app.router.add_get("/", page)
    app.router.add_get("/api/scene", scene)
    app.router.add_get("/api/events", events, allow_head=False)
    app.router.add_post("/api/say", say)
    app.router.add_post("/api/clock", clock)
    app.router.add_get("/pictures/{name}", picture)
    app.router.add_static("/static/", STATIC)
    return app


async def _stop(app: web.Application) -> None:
    """Let go of the open streams: otherwise a stopping server would wait for pages that never leave."""
    app[STOPPING].set()


async def page(_request: web.Request) -> web.StreamResponse:
    """GET /"""
    return web.FileResponse(STATIC / "index.html")


async def scene(request: web.Request) -> web.StreamResponse:
    """GET /api/scene: all that there is to show."""
    return _json(await scene_json(request.app[STAGE], request.app[EPOCH]))


async def events(request: web.Request) -> web.StreamResponse:
    """GET /api/events: bubble, board, clock and rooms as they happen."""
    return await serve(request, request.app[STAGE], request.app[STOPPING])


async def say(request: web.Request) -> web.StreamResponse:
    """POST /api/say {chat, sender, text, quote}; as multipart also "picture", up to nine times."""
    stage = request.app[STAGE]
    said = await read_said(request, stage)
    await stage.say(said.chat, said.sender, said.text, said.quote, said.pictures)
    return _json({"ok": True})


async def clock(request: web.Request) -> web.StreamResponse:
    """POST /api/clock {minutes} or {hour, minute}: move the time on; answers {now}."""
    stage = request.app[STAGE]
    body = await read_json(request)
    if set(body) == {"minutes"}:
        now = await stage.advance(_whole(body["minutes"], 1, MAX_MINUTES))
    elif set(body) == {"hour", "minute"}:
        now = await stage.advance_to(_whole(body["hour"], 0, 23), _whole(body["minute"], 0, 59))
    else:
        raise Refusal(400, "请说明时间要往前走多少分钟，或走到几点几分。")
    return _json({"now": local(now, ZoneInfo(stage.zone))})


async def picture(request: web.Request) -> web.StreamResponse:
    """GET /pictures/<name>"""
    found = request.app[STAGE].picture(request.match_info["name"])
    if found is None or not found.media_type.startswith("image/"):
        raise Refusal(404, "没有这张图片。")
    # Pictures from chats do not stay on the visitor's disk.
    return web.Response(body=found.data, content_type=found.media_type, headers={"Cache-Control": "no-store"})


def _whole(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refusal(400, f"时间应当是 {low} 到 {high} 之间的整数。")
    return value


def _json(value: object) -> web.Response:
    return web.Response(
        body=dumps(value), content_type="application/json", charset="utf-8", headers={"Cache-Control": "no-store"}
    )

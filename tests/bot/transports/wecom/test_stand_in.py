"""The stand-in for WeCom's server, checked with a client of others and against the figures of WeCom's pages."""

import asyncio
import base64
import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from posts_of_wecom import PNG
from wechatpy.exceptions import WeChatClientException
from wechatpy.work import WeChatClient
from wecom_server import CORP, TOKEN_SECONDS, Clock, WecomServer

Ask = Callable[..., Awaitable[dict[str, Any]]]


class Client(WeChatClient):  # type: ignore[misc]
    """PyPI wechatpy, talking to the stand-in."""

    def __init__(self, url: str, secret: str) -> None:
        super().__init__(CORP, secret, timeout=5)
        self.API_BASE_URL = f"{url}/cgi-bin/"
        self._http.trust_env = False

    def fetch_access_token(self) -> Any:
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=f"{self.API_BASE_URL}gettoken", params=params)


def play(work: Callable[[WecomServer, Clock, Ask], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = Clock()
        async with WecomServer(clock).serving() as server, aiohttp.ClientSession() as session:

            async def ask(path: str, body: dict[str, Any] | None = None, **params: str) -> dict[str, Any]:
                method = "GET" if body is None else "POST"
                data = None if body is None else io.BytesIO(json.dumps(body).encode())
                headers = {"Content-Type": "application/json"}
                async with session.request(
                    method, server.url + path, params=params, data=data, headers=headers
                ) as response:
                    found = await response.json()
                    assert isinstance(found, dict)
                    return found

            await work(server, clock, ask)

    asyncio.run(run())


def test_a_client_of_others_sends_texts_and_pictures_through_it() -> None:
    async def work(server: WecomServer, clock: Clock, ask: Ask) -> None:
        def use() -> None:
            client = Client(server.url, "secret-of-7")
            try:
                assert client.message.send_text(7, "lisi", "今日简报")["errcode"] == 0
                file = io.BytesIO(PNG)
                file.name = "a.png"
                media_id = client.media.upload("image", file)["media_id"]
                assert client.message.send_image(7, "lisi", media_id)["errcode"] == 0
                server.revoke(7)
                assert client.message.send_text(7, "lisi", "第二份")["errcode"] == 0  # it asks for a new one itself
                with pytest.raises(WeChatClientException) as failed:
                    client.message.send_text(7, "nobody", "x")
                assert failed.value.errcode == 81013
            finally:
                client._http.close()

        await asyncio.to_thread(use)
        assert [message["msgtype"] for message in server.apps[7].got] == ["text", "image", "text"]
        assert list(server.pictures.values()) == [PNG]
        assert server.asked["/cgi-bin/gettoken"] == 2

    play(work)


def test_a_token_holds_two_hours_belongs_to_one_app_and_may_be_taken_back() -> None:
    async def work(server: WecomServer, clock: Clock, ask: Ask) -> None:
        async def token(agent: int) -> dict[str, Any]:
            return await ask("/cgi-bin/gettoken", corpid=CORP, corpsecret=f"secret-of-{agent}")

        async def send(value: str, agent: int = 7) -> int:
            body = {"touser": "lisi", "msgtype": "text", "agentid": agent, "text": {"content": "x"}}
            return int((await ask("/cgi-bin/message/send", body, access_token=value))["errcode"])

        first = await token(7)
        assert first["expires_in"] == TOKEN_SECONDS
        clock.now += timedelta(minutes=10)
        again = await token(7)
        assert (again["access_token"], again["expires_in"]) == (first["access_token"], TOKEN_SECONDS - 600)
        assert await send(first["access_token"]) == 0
        assert await send(first["access_token"], agent=8) == 40056
        assert (await token(8))["access_token"] != first["access_token"]
        assert await send("made up") == 40014
        clock.now += timedelta(seconds=TOKEN_SECONDS - 600)
        assert await send(first["access_token"]) == 42001
        second = (await token(7))["access_token"]
        assert second != first["access_token"] and await send(second) == 0
        server.revoke(7)
        assert await send(second) == 40014
        assert (await ask("/cgi-bin/gettoken", corpid=CORP, corpsecret="wrong"))["errcode"] == 40001
        assert (await ask("/cgi-bin/gettoken", corpid="other", corpsecret="secret-of-7"))["errcode"] == 40013
        server.token_limit = 3
        codes = [(await token(7))["errcode"] for _ in range(4)]
        assert codes[-1] == 45009

    play(work)


def test_a_robot_takes_twenty_a_minute_and_what_its_page_allows() -> None:
    def text(content: str, kind: str = "text") -> dict[str, Any]:
        return {"msgtype": kind, kind: {"content": content}}

    def image(data: bytes, md5: str = "") -> dict[str, Any]:
        found = {"base64": base64.b64encode(data).decode(), "md5": md5 or hashlib.md5(data).hexdigest()}
        return {"msgtype": "image", "image": found}

    async def work(server: WecomServer, clock: Clock, ask: Ask) -> None:
        async def send(body: dict[str, Any], key: str = "key-a") -> int:
            return int((await ask("/cgi-bin/webhook/send", body, key=key))["errcode"])

        assert await send(text("x"), key="none") == 93000
        assert await send(text(" ")) == 44004
        assert await send(text("长" * 683)) != 0  # 2,049 bytes
        assert await send(text("长" * 1366, "markdown")) != 0  # 4,098 bytes
        assert await send(image(PNG, "0" * 32)) != 0
        assert await send(image(bytes(2 * 1024 * 1024 + 1))) != 0
        assert await send({"msgtype": "no such"}) == 40008
        assert await send(text("长" * 682)) == await send(text("长" * 1365, "markdown")) == await send(image(PNG)) == 0
        assert [await send(text("x")) for _ in range(18)] == [0] * 17 + [45009]
        assert await send(text("x"), key="key-b") == 0
        clock.now += timedelta(minutes=1)
        assert await send(text("x")) == 0

    play(work)

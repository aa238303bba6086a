"""Messages of a self-built app to members (developer.work.weixin.qq.com/document/path/90236): digests for leaders."""

import io
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.transports.base import Outcome, Post, Refused, Sent, Unknown
from bot.transports.wecom.api import FREQUENT, NO_RECEIVER, STALE_TOKEN, Api, CallFailed, judged
from bot.transports.wecom.pictures import PNG, SENDABLE, media_type
from bot.transports.wecom.rates import Rates
from bot.transports.wecom.splitting import pieces, quiet
from bot.transports.wecom.tokens import Tokens

PER_MINUTE = 30
"""Messages to one member; beyond that WeCom drops them, and may say 0 all the same."""
TEXT_BYTES = 2048
PICTURE_BYTES = 10 * 1024 * 1024
SEND = "/cgi-bin/message/send"
UPLOAD = "/cgi-bin/media/upload"
DOWNLOAD = "/cgi-bin/media/get"
_REMEMBERED = 1000


class AppMessages:
    """Sends texts and pictures to members by their user id.

    A token that WeCom refuses is renewed once, then the call is made again. A long text goes in several messages; when
    one of them is refused for now, the next try goes on with that one.
    """

    def __init__(
        self, agent: int, tokens: Tokens, *, api: Api, clock: Callable[[], datetime], per_minute: int = PER_MINUTE
    ) -> None:
        self._agent = agent
        self._tokens = tokens
        self._api = api
        self._rates = Rates(clock, per_minute)
        self._done: OrderedDict[tuple[int, int], int] = OrderedDict()

    async def send(self, post: Post) -> Outcome:
        """Send to the member whom the post is for."""
        if post.to is None:
            return Refused("an app reaches members only")
        texts = pieces(quiet(post.text), TEXT_BYTES)
        picture = post.picture
        if picture is not None and (len(picture) > PICTURE_BYTES or media_type(picture) not in SENDABLE):
            return Refused("the picture is no JPEG or PNG of at most 10 MB")
        count = len(texts) + (picture is not None)
        if count == 0:
            return judged(44004)
        mark = (post.row, hash((post.to, post.text, picture)))
        first = self._done.get(mark, 0)
        wait = self._rates.wait(post.to, count - first)
        if wait > 0:
            return Refused("more than the member's minute holds", retry=True, code=FREQUENT, after=wait)
        sent_id = None
        for number in range(first, count):
            try:
                if number < len(texts):
                    kind, content = "text", {"content": texts[number]}
                else:
                    assert picture is not None
                    kind, content = "image", {"media_id": await self.upload(picture)}
                self._rates.spend(post.to)
                sent_id = await self._message(post.to, kind, content)
            except CallFailed as failed:
                self._remember(mark, number)
                return failed.outcome
        self._done.pop(mark, None)
        return Sent(sent_id)

    async def check(self) -> Refused | Unknown | None:
        """Whether corp id and secret give a token; None: they do. Nothing is sent to anybody."""
        try:
            await self._tokens.get()
        except CallFailed as failed:
            return failed.outcome
        return None

    async def upload(self, picture: bytes) -> str:
        """The media id of a picture; it holds three days. Raises CallFailed."""
        kind = media_type(picture)

        def form() -> aiohttp.FormData:
            data = aiohttp.FormData()
            data.add_field(
                "media", io.BytesIO(picture), filename="a.png" if kind == PNG else "a.jpg", content_type=kind
            )
            return data

        try:
            answer = await self.authorised(UPLOAD, {"type": "image"}, form=form)
        except CallFailed as failed:
            # An upload that nobody uses harms nobody: whether it arrived does not matter.
            outcome = failed.outcome
            if isinstance(outcome, Refused):
                raise
            raise CallFailed(Refused(outcome.reason, retry=True)) from None
        media_id = answer.get("media_id")
        if not isinstance(media_id, str):
            raise CallFailed(Refused("not an answer of WeCom", retry=True))
        return media_id

    async def download(self, media_id: str, largest: int) -> bytes:
        """What a member sent to the app. Raises CallFailed."""
        token = await self._tokens.get()
        got = await self._api.fetch(DOWNLOAD, {"media_id": media_id, "access_token": token.get_secret_value()}, largest)
        if isinstance(got, dict) and got["errcode"] in STALE_TOKEN:
            token = await self._tokens.get(instead_of=token)
            params = {"media_id": media_id, "access_token": token.get_secret_value()}
            got = await self._api.fetch(DOWNLOAD, params, largest)
        if isinstance(got, dict):
            raise CallFailed(judged(got["errcode"]))
        return got

    async def authorised(
        self,
        path: str,
        params: dict[str, str],
        *,
        body: dict[str, object] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> dict[str, Any]:
        """Call with the app's token, renewed once if WeCom refuses it. Raises CallFailed for any code but 0."""
        token = await self._tokens.get()
        answer = await self._call(path, params, token, body, form)
        if answer["errcode"] in STALE_TOKEN:
            token = await self._tokens.get(instead_of=token)
            answer = await self._call(path, params, token, body, form)
        if answer["errcode"] != 0:
            raise CallFailed(judged(answer["errcode"]))
        return answer

    async def _call(
        self,
        path: str,
        params: dict[str, str],
        token: SecretStr,
        body: dict[str, object] | None,
        form: Callable[[], aiohttp.FormData] | None,
    ) -> dict[str, Any]:
        return await self._api.call(path, {**params, "access_token": token.get_secret_value()}, body=body, form=form)

    async def _message(self, to: str, kind: str, content: dict[str, str]) -> str | None:
        body: dict[str, object] = {"touser": to, "msgtype": kind, "agentid": self._agent, kind: content}
        answer = await self.authorised(SEND, {}, body=body)
        # With code 0, too, WeCom may name the member among those who did not get it, in small letters.
        for left_out in ("invaliduser", "unlicenseduser"):
            if to.lower() in str(answer.get(left_out) or "").lower().split("|"):
                raise CallFailed(judged(NO_RECEIVER))
        sent_id = answer.get("msgid")
        return sent_id if isinstance(sent_id, str) else None

    def _remember(self, mark: tuple[int, int], number: int) -> None:
        self._done[mark] = number
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)

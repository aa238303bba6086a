"""Access tokens of apps, shared between processes (developer.work.weixin.qq.com/document/path/91039).

A token holds two hours, may be revoked earlier, belongs to one app, and asking for it too often is punished: so all
processes read one store, and one of them asks while the others wait.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretStr

from bot.transports.base import Refused
from bot.transports.wecom.api import Api, CallFailed, judged

MARGIN = timedelta(minutes=5)
"""A token is renewed so long before its end, so that it does not end on its way."""
PAUSE = timedelta(seconds=30)
"""After a failure nobody in this process asks again before so long."""
PATH = "/cgi-bin/gettoken"


@dataclass(frozen=True, slots=True)
class AppKey:
    """Whose token it is. Two apps of one corp never share one."""

    corp: str
    agent: str


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and when it ends."""

    value: SecretStr
    ends: datetime


class Slot(Protocol):
    """The token of one app, while nobody else may change it."""

    def read(self) -> AccessToken | None: ...

    def write(self, token: AccessToken) -> None: ...


class TokenStore(Protocol):
    """Where tokens are kept."""

    async def get(self, key: AppKey) -> AccessToken | None:
        """The token last written for this app."""

    def alone(self, key: AppKey) -> AbstractAsyncContextManager[Slot]:
        """Wait until nobody else, in any process that shares the store, is in here for this app."""


class MemoryTokenStore:
    """For one process."""

    def __init__(self) -> None:
        self._tokens: dict[AppKey, AccessToken] = {}
        self._locks: dict[AppKey, asyncio.Lock] = {}

    async def get(self, key: AppKey) -> AccessToken | None:
        return self._tokens.get(key)

    @asynccontextmanager
    async def alone(self, key: AppKey) -> AsyncIterator[Slot]:
        async with self._locks.setdefault(key, asyncio.Lock()):
            yield _MemorySlot(self._tokens, key)


@dataclass(frozen=True, slots=True)
class _MemorySlot:
    tokens: dict[AppKey, AccessToken]
    key: AppKey

    def read(self) -> AccessToken | None:
        return self.tokens.get(self.key)

    def write(self, token: AccessToken) -> None:
        self.tokens[self.key] = token


class Tokens:
    """The token of one app."""

    def __init__(
        self,
        key: AppKey,
        secret: SecretStr,
        *,
        store: TokenStore,
        api: Api,
        clock: Callable[[], datetime],
        margin: timedelta = MARGIN,
        pause: timedelta = PAUSE,
    ) -> None:
        self.key = key
        self._secret = secret
        self._store = store
        self._api = api
        self._clock = clock
        self._margin = margin
        self._pause = pause
        self._failed: tuple[datetime, CallFailed] | None = None

    async def get(self, *, instead_of: SecretStr | None = None) -> SecretStr:
        """A token that should be good, other than instead_of (which WeCom has just refused).

        Raises CallFailed when there is none to be had.
        """
        token = await self._store.get(self.key)
        if token is not None and self._good(token, instead_of):
            return token.value
        async with self._store.alone(self.key) as slot:
            token = slot.read()  # another process may have asked meanwhile
            if token is None or not self._good(token, instead_of):
                with self._patiently():
                    token = await self._ask()
                slot.write(token)
        return token.value

    def _good(self, token: AccessToken, instead_of: SecretStr | None) -> bool:
        return token.ends - self._margin > self._clock() and token.value != instead_of

    @contextmanager
    def _patiently(self) -> Iterator[None]:
        """Say a failure again, instead of asking again, while it is young."""
        if self._failed is not None and self._clock() < self._failed[0]:
            raise CallFailed(self._failed[1].outcome)
        try:
            yield
        except CallFailed as failed:
            self._failed = (self._clock() + self._pause, failed)
            raise
        self._failed = None

    async def _ask(self) -> AccessToken:
        asked = self._clock()
        params = {"corpid": self.key.corp, "corpsecret": self._secret.get_secret_value()}
        try:
            answer = await self._api.call(PATH, params)
        except CallFailed as failed:
            # Nothing was posted yet, so that trying again cannot double anything.
            raise CallFailed(Refused(f"no access token: {failed.outcome.reason}", retry=True)) from None
        if answer["errcode"] != 0:
            raise CallFailed(judged(answer["errcode"]))
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(seconds, int):
            raise CallFailed(Refused("no access token: not an answer of WeCom", retry=True))
        return AccessToken(SecretStr(value), asked + timedelta(seconds=seconds))

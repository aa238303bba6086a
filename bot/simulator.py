"""The simulated village behind the page: implements Stage over the same shard, relay and clock."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from bot.app import App
from bot.board import board_of
from bot.channel import Channel
from bot.clock import now as real_now
from bot.outcome import Outcome
from bot.shard import Shard
from bot.transports.base import Post
from bot.transports.web import WebTransport
from bot.village import VillagePlan
from bot.web.stage import BoardTicket, Bubble, Event, Picture, StageError, StagePerson, StageRoom
from handlers.moments import next_time
from models.codes import Role
from models.message import BOT, Attachment, AttachmentKind, Message, Quote

KEPT_BUBBLES = 4000
LONGEST_STEP = timedelta(days=40)


class Simulator:
    """One village in one process. Talk is kept in memory only, as the page needs it."""

    def __init__(self, app: App, plan: VillagePlan, start: datetime | None = None) -> None:
        """start: what the village's clock shows at first; the real time when it is None."""
        self._app = app
        self._plan = plan
        self._shard: Shard = app.shards[plan.account]
        self._offset = timedelta() if start is None else start - real_now()
        self._bubbles: deque[Bubble] = deque(maxlen=KEPT_BUBBLES)
        self._pictures: dict[str, Picture] = {}
        self._count = 0
        self._readers: set[asyncio.Queue[Event]] = set()
        self._names = {person.id: person.name for person in plan.people}
        self.transport = WebTransport(plan.account, self._show)
        self.channel = Channel(self._shard, self.transport, clock=self.now, heard=self._heard)
        self._moving = asyncio.Lock()

    # -- what the page asks ---------------------------------------------------------------------

    @property
    def zone(self) -> str:
        return self._app.setting.policy.zone_name

    def now(self) -> datetime:
        return real_now() + self._offset

    def rooms(self) -> Sequence[StageRoom]:
        with self._app.units.read() as uow:
            rooms = uow.places.rooms(self._plan.account)
        name = self._app.setting.words.name
        return [
            StageRoom(room.external_id, room.name, room.mode.value, name("mode", room.mode.value), room.muted)
            for room in rooms
        ]

    def people(self) -> Sequence[StagePerson]:
        words, everywhere = self._app.setting.words, tuple(room.id for room in self._plan.rooms)
        found = []
        for person in self._plan.people:
            roles: list[Role] = [*person.village_roles, *dict.fromkeys(person.roles.values())]
            shown = [role for role in roles if role is not Role.RESIDENT] or roles[:1]
            found.append(
                StagePerson(
                    id=person.id,
                    name=person.name,
                    role_name="、".join(words.name("role", role.value) for role in dict.fromkeys(shown)),
                    rooms=everywhere if person.village_roles else tuple(person.roles),
                    note=person.note,
                )
            )
        return found

    def bubbles(self) -> Sequence[Bubble]:
        return list(self._bubbles)

    def picture(self, name: str) -> Picture | None:
        return self._pictures.get(name)

    async def board(self) -> Sequence[BoardTicket]:
        return await self.channel.on_thread(board_of, self._app, self._plan.account, self.now())

    def subscribe(self) -> AsyncIterator[Event]:
        return self._events()

    async def _events(self) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._readers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._readers.discard(queue)

    # -- what the page does ---------------------------------------------------------------------

    async def say(self, chat: str, sender: str, text: str, quote: str | None, pictures: Sequence[Picture]) -> None:
        if sender not in self._names:
            raise StageError("没有这个人，请重新选择说话的人。")
        room = self._room_of(chat, sender)
        quoted = next((bubble for bubble in self._bubbles if bubble.id == quote), None)
        at = self.now()
        names = [self._keep(picture) for picture in pictures]
        message = Message(
            id=self._new_id(),
            account=self._plan.account,
            room=room,
            sender=sender,
            sender_name=self._names[sender],
            text=text,
            at=at,
            mentions=self._mentions(text),
            quote=None if quoted is None else Quote(quoted.id, quoted.text, quoted.sender),
            attachments=tuple(
                Attachment(AttachmentKind.IMAGE, picture.data, picture.media_type) for picture in pictures
            ),
        )
        shown = [text] if text or not names else []
        for number, part in enumerate([*shown, *names]):
            is_picture = number >= len(shown)
            self._add(
                Bubble(
                    id=message.id if number == 0 else f"{message.id}.{number}",
                    chat=chat,
                    sender=sender,
                    sender_name=self._names[sender],
                    text="" if is_picture else part,
                    at=at,
                    picture=f"/pictures/{part}" if is_picture else None,
                    quote_name=None if quoted is None or number else quoted.sender_name,
                    quote_text=None if quoted is None or number else (quoted.text or "[图片]"),
                )
            )
        self.transport.put(message)

    async def advance(self, minutes: int) -> datetime:
        return await self._move(timedelta(minutes=minutes))

    async def advance_to(self, hour: int, minute: int) -> datetime:
        target = datetime.min.time().replace(hour=hour, minute=minute)
        present = self.now()
        # A second more: the schedules of that minute are due, not about to be.
        until = next_time(present, target, self._app.setting.policy.zone) + timedelta(seconds=1)
        return await self._move(until - present)

    async def tick(self) -> None:
        """Run what is due now; called every second by the scheduler."""
        if self._moving.locked():
            return
        async with self._moving:
            if await self._run_due():
                self.channel.poke()
                self._push("board")

    # -- inside ---------------------------------------------------------------------------------

    async def _move(self, by: timedelta) -> datetime:
        """Move the clock on, stopping wherever something is due or may be sent, so that all happens at its time."""
        if not timedelta() < by <= LONGEST_STEP:
            raise StageError("时间只能往前走，一次最多四十天。")
        async with self._moving:
            target = self._offset + by
            while True:
                await self._run_due()
                await self.channel.drain()
                if self._offset >= target:
                    break
                self._offset = await self._next_stop(target)
            await self.channel.on_thread(self._shard.beat, self.now())
        self.channel.poke()
        self._push("clock")
        self._push("board")
        return self.now()

    async def _next_stop(self, target: timedelta) -> timedelta:
        """How far the clock goes next: to what is due or may be sent first, at most to target."""
        present = self.now()
        due = await self.channel.on_thread(self._app.ticker.next_due, present)
        free = await self.channel.on_thread(self._shard.relay.wake_at, present)
        stops = [moment - real_now() for moment in (due, free) if moment is not None and moment > present]
        return min([target, *(max(self._offset, stop) for stop in stops)])

    async def _run_due(self) -> int:
        present = self.now()
        ran = await self.channel.on_thread(self._app.ticker.run_due, present)
        if ran:
            self.channel.poke()
        return ran

    async def _heard(self, _: Message, outcome: Outcome) -> None:
        if outcome in (Outcome.EFFECT, Outcome.COMMAND):
            self._push("board")
            self._push("rooms")

    def _room_of(self, chat: str, sender: str) -> str | None:
        kind, _, name = chat.partition(":")
        if kind == "private":
            if name != sender:
                raise StageError("这是别人的私聊，请先切换说话的人。")
            return None
        person = next(person for person in self._plan.people if person.id == sender)
        member = bool(person.village_roles) or name in person.roles
        if kind != "room" or not member or name not in {room.id for room in self._plan.rooms}:
            raise StageError("这个人不在这个群里，请换一个人或换一个群。")
        return name

    def _mentions(self, text: str) -> tuple[str, ...]:
        named = [person.id for person in self._plan.people if f"@{person.name}" in text]
        bot = [BOT] if any(f"@{name}" in text for name in self._app.setting.policy.bot_names) else []
        return (*bot, *named)

    def _show(self, post_id: str, post: Post) -> None:
        if post.room is not None:
            chat = f"room:{post.room}"
        elif post.to is not None:
            chat = f"private:{post.to}"
        else:
            return  # nobody is in charge of that room: the board shows the ticket
        name = self._app.setting.policy.bot_names[0]
        self._add(Bubble(post_id, chat, BOT, name, post.text, post.at))

    def _keep(self, picture: Picture) -> str:
        name = hashlib.sha256(picture.data).hexdigest()
        self._pictures[name] = picture
        return name

    def _new_id(self) -> str:
        self._count += 1
        return f"web-{self._count}-{int(real_now().timestamp() * 1000)}"

    def _add(self, bubble: Bubble) -> None:
        self._bubbles.append(bubble)
        self._push("bubble")

    def _push(self, kind: str) -> None:
        for queue in self._readers:
            queue.put_nowait(Event(kind, {}))

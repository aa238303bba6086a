"""Transcripts: a conversation as a readable file, run through the real dispatcher and SQLite.

A file is a list of lines; see tests/transcripts/README.md for the form. run() plays what people say
and returns the whole file anew with what the bot answers, so that a test is a comparison.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from pasts import PAST, tell
from staging import (
    ACCOUNT,
    appoint,
    found_companies,
    grow,
    name_packs,
    packs_of,
    policy_of,
    set_the_scene,
    village_plan,
)
from transcript_head import MODES, ZONE, Head, read_head

from bot.app import App, build
from bot.directory import FRESH
from bot.driver import Driver, Posted
from bot.transports.memory import MemoryTransport
from bot.village import settle
from handlers.wording import load_wording
from models import schema
from models.codes import PostKind, RoomMode
from models.engine import open_engine
from models.message import BOT, Attachment, AttachmentKind, Message, Quote
from nlp.understander import Understander

STEP = timedelta(seconds=20)

_SAID = re.compile(
    r"(?P<name>[^\s：>「@#=→]+)(?:@(?P<room>[^\s：>「]+))?(?:「(?P<quote>[^」]*)」)?(?P<how>[：>])(?P<text>.*)"
)
_MOVE = re.compile(r"@(?:\+(?P<count>\d+)(?P<unit>[smhd])|(?:(?P<date>\d\d-\d\d) )?(?P<clock>\d\d:\d\d))")
_DOWN = re.compile(r"@停机(\d+)m")
_REFUSED = re.compile(r"@拒收 (\S+)")
_NOTICE = re.compile(r"@告知第(\d+)版")
_PACK = re.compile(r"@规则 (\S+)")
_OWN_PACK = re.compile(r"@村规 (\S+) (\S+)")
_MODE = re.compile(r"@(?P<room>[^\s=]+)=(?P<mode>关|影子|询问|开)")
_LEAVES = re.compile(r"@(?P<name>[^\s=+]+)离开(?P<company>\S+)")
_RESIGNS = re.compile(r"@(?P<name>[^\s=+]+)卸任")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ATTACHED = re.compile(r"\[(图|语音)\]")
_PIN = re.compile(r"\[位置:([^\]]+)\]")


class Stage:
    """A village in memory, driven line by line."""

    def __init__(self, head: Head, understander: Understander, media_dir: Path | None = None) -> None:
        engine = open_engine("sqlite://")
        schema.create(engine)
        self.head = head
        self.engine = engine
        self._understander, self._media_dir = understander, media_dir
        self._codes = count(2)
        self.app = self._build()
        with self.app.units() as uow:
            settle(uow, village_plan(head), self.app.setting, self.app.outbound, head.start)
            grow(uow, head, self.app)
            for name in head.unreachable:
                identity = uow.people.identity(ACCOUNT, name)
                assert identity is not None, f"nobody is called {name}"
                identity.reachable = False
            set_the_scene(uow, head)
            appoint(uow, head)
            found_companies(uow, head)
            for words in head.past:
                tell(uow, words, head.start, ACCOUNT)
            uow.commit()
        self.transport = MemoryTransport(ACCOUNT)
        self.driver = Driver(self.app, self.transport, head.start)
        self.said: list[tuple[str, str, str, str]] = []  # id, speaker, text, chat: what can be quoted
        self._count = 0

    def _build(self) -> App:
        return build(
            self.engine,
            accounts=(ACCOUNT,),
            policy=policy_of(self.head),
            packs=packs_of(self.head),
            words=load_wording(),
            understander=self._understander,
            media_dir=self._media_dir,
            limits=self.head.limits,
            reaches_leaders=True,
            new_code=lambda: f"K7Q{next(self._codes)}-M3XP",
        )

    def _restart(self, until: datetime) -> list[str]:
        """Stop, and begin anew at that moment with what the database holds."""
        self.app = self._build()
        self.driver = Driver(self.app, self.transport, until)
        self.app.shards[ACCOUNT].login(until)
        self.app.shards[ACCOUNT].relay.recover(until)
        return self._show(list(self.driver.send()) + list(self.driver.advance(until)))

    def _own_pack(self, village: str, pack: str) -> list[str]:
        """The operator gives a village a pack of its own (无: none any more), and starts the bot anew."""
        self.head.packs.pop(village, None)
        self.head.packs |= {} if pack == "无" else {village: pack}
        with self.app.units() as uow:
            name_packs(uow, self.head)
            uow.commit()
        return self._restart(self.driver.now + timedelta(minutes=1))

    def _switch(self, room_name: str, mode: RoomMode) -> list[str]:
        """The operator gives a room another mode; half a minute later everybody has noticed."""
        with self.app.units() as uow:
            room = uow.places.room(ACCOUNT, room_name)
            assert room is not None, f"no room is called {room_name}"
            room.mode = mode
            uow.commit()
        return self._show(list(self.driver.advance(self.driver.now + FRESH)))

    def _resign(self, name: str) -> list[str]:
        """The operator takes all roles away from somebody; the clock looks at once at what he leaves."""
        with self.app.units() as uow:
            identity = uow.people.identity(ACCOUNT, name)
            assert identity is not None, f"nobody is called {name}"
            person = uow.people.get(identity.person_id)
            for grant in uow.people.grants(person.id):
                uow.people.revoke(person, uow.places.node(grant.node_id), grant.role)
            uow.commit()
        self.driver.look()
        return self._show(list(self.driver.advance(self.driver.now + STEP)))

    def _leave(self, name: str, company: str) -> list[str]:
        """The spreadsheet, imported anew, does not name somebody among the people of an organisation any more."""
        with self.app.units() as uow:
            identity = uow.people.identity(ACCOUNT, name)
            village = uow.places.node_by_code("test")
            assert identity is not None and village is not None, f"nobody is called {name}"
            (found,) = uow.organisations.named([village], company)
            members = [one for one in uow.organisations.members(found.id or 0) if one.id != identity.person_id]
            uow.organisations.put_members(found, members)
            uow.commit()
        self.driver.look()
        return self._show(list(self.driver.advance(self.driver.now + STEP)))

    def play(self, line: str) -> list[str]:
        """Play one line; returns the lines that the bot says because of it."""
        down = _DOWN.fullmatch(line)
        if down:
            return self._restart(self.driver.now + timedelta(minutes=int(down[1])))
        move = _MOVE.fullmatch(line)
        if move:
            return self._show(list(self.driver.advance(self._target(move))))
        refused = _REFUSED.fullmatch(line)
        if refused:
            self.transport.strangers.symmetric_difference_update({refused[1]})
            return []
        version = _NOTICE.fullmatch(line)
        if version:
            self.head.notice = int(version[1])
            return self._restart(self.driver.now + timedelta(minutes=1))
        leaves = _LEAVES.fullmatch(line)
        if leaves:
            return self._leave(leaves["name"], leaves["company"])
        pack = _PACK.fullmatch(line)
        if pack:
            self.head.policy = pack[1]
            return self._restart(self.driver.now + timedelta(minutes=1))
        own = _OWN_PACK.fullmatch(line)
        if own:
            return self._own_pack(own[1], own[2])
        resigns = _RESIGNS.fullmatch(line)
        if resigns:
            return self._resign(resigns["name"])
        mode = _MODE.fullmatch(line)
        if mode:
            return self._switch(mode["room"], MODES[mode["mode"]])
        said = _SAID.fullmatch(line)
        assert said is not None, f"no speaker in: {line}"
        posts = list(self.driver.advance(self.driver.now + STEP))
        self.driver.say(self._message(said))
        return self._show(posts + list(self.driver.send()))

    def tickets(self) -> list[str]:
        """The ledger at the end, one line a ticket, then the signals that wait."""
        words, taxonomy = self.app.setting.words, self.app.setting.taxonomy
        rows = []
        with self.app.units() as uow:
            told = [ticket for ticket in uow.tickets.all() if ticket.band != PAST]
            for ticket in told:
                asking = [uow.people.get(row.person_id).name for row in uow.tickets.requesters(ticket.id)]
                people = [name for name in asking if name]
                parts = [
                    f"= #{ticket.number}", words.name("kind", ticket.kind.value), taxonomy[ticket.category].name,
                    words.name("status", ticket.status.value), "不公开" if ticket.private else "", ticket.place or "",
                    "、".join(people),
                ]  # fmt: skip
                rows.append(" ".join(part for part in parts if part))
            for signal in uow.signals.all():
                if signal.status.value == "waiting":
                    kind = words.name("kind", signal.kind.value)
                    rows.append(f"= S{signal.number} {kind} {taxonomy[signal.category].name} 待确认")
        return rows

    def _target(self, move: re.Match[str]) -> datetime:
        if move["count"]:
            return self.driver.now + timedelta(**{_UNITS[move["unit"]]: int(move["count"])})
        local = self.driver.now.astimezone(ZONE)
        hour, minute = map(int, move["clock"].split(":"))
        target = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if move["date"]:
            month, day = map(int, move["date"].split("-"))
            return target.replace(month=month, day=day)
        return target if target > local else target + timedelta(days=1)

    def _message(self, said: re.Match[str]) -> Message:
        text = said["text"]
        room = None if said["how"] == ">" else said["room"] or next(iter(self.head.rooms))
        kinds = {"图": AttachmentKind.IMAGE, "语音": AttachmentKind.AUDIO}
        attachments = tuple(Attachment(kinds[name]) for name in _ATTACHED.findall(text))
        pin = _PIN.search(text)
        words = _PIN.sub("", _ATTACHED.sub("", text)).strip().replace("⏎", "\n")
        self._count += 1
        message_id = f"m{self._count}"
        chat = f"私聊{said['name']}" if room is None else room
        quote = None if said["quote"] is None else self._quote(said["quote"], chat)
        names = [line.split()[0] for line in self.head.people]
        self.said.append((message_id, said["name"], words, chat))
        return Message(
            id=message_id,
            account=ACCOUNT,
            room=room,
            sender=said["name"],
            sender_name=said["name"].partition("~")[0],
            text=words,
            at=self.driver.now,
            mentions=tuple([BOT] * ("@小哨" in words) + [name for name in names if f"@{name}" in words]),
            quote=quote,
            attachments=attachments,
            place=pin[1] if pin else None,
        )

    def _quote(self, piece: str, chat: str) -> Quote:
        found = [entry for entry in self.said if piece in entry[2]]
        found = [entry for entry in found if entry[3] == chat] or found  # else carried over from another chat
        assert found, f"nobody said there: {piece}"
        message_id, speaker, text, _ = found[-1]
        return Quote(message_id, text, speaker)

    def _show(self, posts: list[Posted]) -> list[str]:
        lines = []
        for post_id, post in posts:
            if post.kind is PostKind.DIGEST and not self.head.digests:
                continue
            self.said.append((post_id, BOT, post.text, post.room or f"私聊{post.to}"))
            if post.room is not None:
                where = "" if set(self.head.rooms) == {post.room} else f"({post.room}) "
            else:
                where = f"(私) {post.to or f'{post.leader_of}负责人'}："
            lines += f"→ {where}{post.text}".replace("\n", "\n  ").split("\n")
        return lines


def run(text: str, understander: Understander, look: Callable[[Stage], None] = lambda _: None) -> str:
    """Play a transcript and write it anew with what the bot says now. look sees the village as it is at the end."""
    top, _, talk = text.partition("---\n")
    comments = [line for line in top.splitlines() if line.startswith("#") or not line.strip()]
    directives = [line for line in top.splitlines() if line not in comments]
    stage = Stage(read_head(directives), understander)
    out = []
    for line in talk.splitlines():
        if line.startswith(("→", "  ", "= ")):
            continue
        if not line.strip() or line.startswith("#"):
            out.append(line)
            continue
        out.append(line)
        out += stage.play(line)
    while out and not out[-1].strip():
        out.pop()
    ledger = stage.tickets()
    look(stage)
    stage.engine.dispose()
    return top + "---\n" + "\n".join([*out, *ledger]) + "\n"

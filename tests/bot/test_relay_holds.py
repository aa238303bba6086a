"""Whatever a channel answers, whenever processes die: nothing is lost, nothing doubled unmarked, no budget broken."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posts import Office, open_office
from worlds import ACCOUNT, NOW

from bot.transports.base import Echo, Outcome, Post, Refused, Sent, Unknown
from models.codes import OutgoingState, PostKind, RoomMode
from models.limits import ChannelLimits
from models.outgoing_tables import Outgoing

FINAL = {
    OutgoingState.SENT,
    OutgoingState.MAYBE,
    OutgoingState.REFUSED,
    OutgoingState.STUCK,
    OutgoingState.EXPIRED,
    OutgoingState.MERGED,
}
LIMITS = ChannelLimits(
    account_per_minute=2, account_per_hour=6, account_per_day=40, chat_per_minute=2, room_unasked_per_hour=3
)
ANSWERS: tuple[Outcome, ...] = (
    Sent("x"),
    Unknown("timeout"),
    Refused("busy", retry=True),
    Refused("limit", code=45009),
    Refused("gone", code=93000),
    Refused("empty", code=44004),
)
KINDS = (PostKind.NOTICE, PostKind.REPLY, PostKind.ACK, PostKind.PUBLICITY, PostKind.EMERGENCY)
SENDING = timedelta(seconds=7)
"""How long a channel takes for one post, which it has at the end of it."""


@dataclass
class Channel:
    """What the relay is told of it, and what it was given. arrived: (at, post) that people read."""

    limits: ChannelLimits = LIMITS
    echoes: bool = False
    given: list[tuple[datetime, Post]] = field(default_factory=list)
    arrived: list[tuple[datetime, Post]] = field(default_factory=list)


class Away:
    """A database that is not there."""

    def __call__(self) -> None:
        raise ConnectionError


class Story:
    """An account whose channel and processes misbehave as they are told."""

    def __init__(self, *, echoes: bool) -> None:
        self.office: Office = open_office(limits=True)
        self.channel = Channel(echoes=echoes)
        with self.office.writing() as uow:
            node = self.office.world.micro
            other = uow.places.add_room(account=ACCOUNT, external_id="r2", name="二群", node=node, mode=RoomMode.ON)
        self.rooms = [self.office.world.room.id, other.id]
        self.now = NOW
        self.promised = 0
        self.start()

    def start(self) -> None:
        self.office.relay.over(self.channel)
        self.office.relay.recover(self.now)

    def promise(self, kind: PostKind, to: int, expires: int) -> None:
        self.promised += 1
        fields: dict[str, object] = {"room_id": self.rooms[to]} if to < 2 else {}
        if kind is PostKind.ACK and to < 2:
            fields["merge"] = {"number": self.promised}
        if expires and kind not in (PostKind.EMERGENCY, PostKind.REPLY):
            fields["expires_at"] = self.now + timedelta(minutes=expires)
        self.office.promise(f"第{self.promised}句", kind, at=self.now, **fields)

    def send(self, answer: Outcome, arrives: bool) -> None:
        post = self.office.relay.take(self.now)
        if post is None:
            return
        self.now += SENDING
        self._give(post, isinstance(answer, Sent) or (isinstance(answer, Unknown) and arrives), answer)
        self.office.relay.settle(post, answer, self.now)

    def beside(self, answers: tuple[Outcome, Outcome], emergency_first: bool, settled_first: int) -> None:
        """An emergency is sent while another post is with the channel."""
        given: list[tuple[Post, Outcome]] = []
        for urgent, answer in zip((emergency_first, not emergency_first), answers, strict=True):
            post = self.office.relay.take(self.now, urgent=urgent)
            if post is not None:
                assert (post.kind is PostKind.EMERGENCY) is urgent
                given.append((post, answer))
        self.now += SENDING
        for post, answer in given:
            self._give(post, isinstance(answer, Sent), answer)
        for post, answer in given[settled_first:] + given[:settled_first]:
            self.office.relay.settle(post, answer, self.now)

    def unwritten(self, answer: Outcome) -> None:
        """The database is away when a post is to be settled."""
        post = self.office.relay.take(self.now)
        if post is None:
            return
        self.now += SENDING
        self._give(post, isinstance(answer, Sent), answer)
        relay, units = self.office.relay, self.office.relay._units
        relay._units = Away()
        with pytest.raises(ConnectionError):
            relay.settle(post, answer, self.now)
        relay._units = units
        self.wait(61)

    def crash(self, arrives: bool) -> None:
        """Killed between taking a post and settling it."""
        post = self.office.relay.take(self.now)
        if post is not None:
            self.now += SENDING
            self._give(post, arrives, Unknown("killed"))
        self.office.restart()
        self.start()

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.office.relay.look_again(self.now)

    def echo(self, back: int) -> None:
        """The channel shows what arrived so many posts ago."""
        if self.channel.echoes and len(self.channel.arrived) > back:
            post = self.channel.arrived[-1 - back][1]
            self.office.relay.echo(Echo(post.text, self.now, post.room, post.to, f"e{post.row}"), self.now)

    def finish(self) -> None:
        """From now on all is well."""
        for _ in range(1000):
            wake = self.office.relay.wake_at(self.now)
            if wake is None:
                return
            self.now = max(self.now, wake)
            self.send(Sent("x"), arrives=True)
        raise AssertionError("it never comes to an end")

    def _give(self, post: Post, arrives: bool, answer: Outcome) -> None:
        if not isinstance(answer, Refused):
            self.channel.given.append((self.now, post))
        if arrives:
            self.channel.arrived.append((self.now, post))

    # -- what holds ---------------------------------------------------------------------------------

    def rows(self) -> list[Outgoing]:
        with self.office.app.units() as uow:
            return [row for state in OutgoingState for row in uow.outbox.in_state(state)]

    def faults(self) -> Iterator[str]:
        rows = {row.id: row for row in self.rows()}
        if len(rows) != self.promised:
            yield f"{self.promised} promised, {len(rows)} there"
        times = Counter(post.row for _, post in self.channel.arrived)
        for row in rows.values():
            if row.state not in FINAL:
                yield f"{row.text} is {row.state}"
            if row.state is OutgoingState.SENT and not times[row.id or 0]:
                yield f"{row.text} was never sent"
            unsent = row.state in (OutgoingState.REFUSED, OutgoingState.STUCK, OutgoingState.EXPIRED)
            if unsent and times[row.id or 0] and not row.doubled:
                yield f"{row.text} arrived and is {row.state}"
            if row.state is OutgoingState.MERGED:
                carrier = rows[row.merged_into or 0]
                if carrier.state is OutgoingState.MERGED:
                    yield f"{row.text} went out in nothing"
        yield from self._doubled()
        yield from self._crowded()
        yield from self._overtaken()

    def _doubled(self) -> Iterator[str]:
        known: set[int] = set()
        for _, post in self.channel.arrived:
            if post.row in known and not post.doubled:
                yield f"{post.text} arrived again, unmarked"
            known.add(post.row)
        yield from (
            f"row {row} arrived {times} times"
            for row, times in Counter(post.row for _, post in self.channel.arrived).items()
            if times > 2
        )

    def _crowded(self) -> Iterator[str]:
        """An emergency counts and waits for nobody; all others find the windows behind them no fuller than allowed."""
        minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
        for place, (at, post) in enumerate(self.channel.given):
            if post.kind is PostKind.EMERGENCY:
                continue
            until_now = self.channel.given[: place + 1]
            chat = [(early, one) for early, one in until_now if (one.room, one.to) == (post.room, post.to)]
            unasked = [(early, one) for early, one in chat if one.kind not in (PostKind.REPLY, PostKind.EMERGENCY)]
            windows = [
                (until_now, minute, LIMITS.account_per_minute),
                (until_now, hour, LIMITS.account_per_hour),
                (until_now, day, LIMITS.account_per_day),
                (chat, minute, LIMITS.chat_per_minute),
            ]
            if post.room is not None and post.kind is not PostKind.REPLY:
                windows.append((unasked, hour, LIMITS.room_unasked_per_hour))
            for given_before, span, most in windows:
                assert most is not None
                if sum(at - span < early for early, _ in given_before) > most:
                    yield f"{post.text}: more than {most} within {span}"

    def _overtaken(self) -> Iterator[str]:
        """In order per room and kind, but for what goes again."""
        last: defaultdict[tuple[object, ...], int] = defaultdict(int)
        for _, post in self.channel.arrived:
            if post.doubled:
                continue
            lane = (post.room, post.to, post.kind)
            if post.row < last[lane]:
                yield f"{post.text} came after what was promised later"
            last[lane] = post.row


PROMISE = st.tuples(
    st.just("promise"), st.sampled_from(KINDS), st.sampled_from((0, 1, 2)), st.sampled_from((0, 0, 5, 90))
)
STEPS = st.one_of(
    PROMISE,
    st.tuples(st.just("send"), st.sampled_from(ANSWERS), st.booleans()),
    st.tuples(
        st.just("beside"),
        st.tuples(st.sampled_from(ANSWERS), st.sampled_from(ANSWERS)),
        st.booleans(),
        st.sampled_from((0, 1)),
    ),
    st.tuples(st.just("unwritten"), st.sampled_from(ANSWERS)),
    st.tuples(st.just("crash"), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from((1, 20, 61, 600, 4000))),
    st.tuples(st.just("echo"), st.sampled_from((0, 1, 2))),
)


@settings(max_examples=80, deadline=None)
@given(st.booleans(), st.lists(PROMISE, min_size=3, max_size=9), st.lists(STEPS, max_size=30))
def test_whatever_happens_each_post_ends_once_and_within_the_budgets(
    echoes: bool, promises: list[tuple[object, ...]], steps: list[tuple[object, ...]]
) -> None:
    story = Story(echoes=echoes)
    for name, *arguments in [*promises, *steps]:
        getattr(story, str(name))(*arguments)
    story.finish()
    assert list(story.faults()) == []
    story.office.engine.dispose()

"""Assist mode: nothing in the group, the text ready to forward for whoever leads it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.transports.assist import AssistTransport, Forwarder
from bot.transports.base import Echo, Event, Outcome, Post, Refused, Sent, Unknown
from bot.transports.memory import MemoryTransport
from models.codes import PostKind
from models.message import Message

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


class Inner(MemoryTransport):
    """A memory transport with outcomes and events of the test's choice; the first send of each is slow."""

    def __init__(self) -> None:
        super().__init__("a")
        self.outcomes: list[Outcome] = []
        self.events: list[Event] = []

    async def send(self, post: Post) -> Outcome:
        await asyncio.sleep(0.02 if not self.sent else 0)
        outcome = self.deliver(post)
        return self.outcomes.pop(0) if self.outcomes else outcome

    async def listen(self) -> AsyncIterator[Event]:  # type: ignore[override]
        for event in self.events:
            yield event


LEADERS = {"g1": Forwarder("leader", "东坑三组")}


async def leads(room: str) -> Forwarder | None:
    return LEADERS.get(room)


def assist(inner: Inner) -> AssistTransport:
    return AssistTransport(
        inner,
        assisted=lambda room: room != "g-spoken",
        leads=leads,
        words=lambda group, text: f"请转发到 ‹{group}›：\n{text}",
    )


def post(text: str, room: str | None = "g1", to: str | None = None) -> Post:
    return Post(1, "a", PostKind.REPLY, text, AT, room, to, in_reply_to="m1", picture=b"p")


def said(
    text: str, room: str | None = "g1", after: timedelta = timedelta(minutes=1), sender: str = "leader"
) -> Message:
    return Message(id="m9", account="a", room=room, sender=sender, text=text, at=AT + after)


def heard(inner: Inner, *events: Event) -> list[Event]:
    async def main() -> list[Event]:
        return [event async for event in transport.listen()]

    transport = assist(inner)
    asyncio.run(transport.send(post("#12 已受理")))
    inner.events = list(events)
    return asyncio.run(main())


def test_the_leader_gets_the_text_and_the_group_nothing() -> None:
    inner = Inner()
    assert isinstance(asyncio.run(assist(inner).send(post("#12 已受理"))), Sent)
    ((_, private),) = inner.sent
    assert (private.room, private.to, private.leader_of) == (None, "leader", None)
    assert private.text == "请转发到 ‹东坑三组›：\n#12 已受理"
    assert private.in_reply_to is None and private.picture == b"p"
    assert assist(inner).account == "a"


def test_private_posts_and_other_groups_go_as_they_are() -> None:
    inner = Inner()
    for one in (post("我的", None, "u1"), post("好", "g-spoken")):
        asyncio.run(assist(inner).send(one))
        assert inner.sent[-1][1] is one


def test_the_order_of_a_group_is_kept() -> None:
    async def main() -> None:
        transport = assist(inner)
        await asyncio.gather(*(transport.send(post(f"第{number}条")) for number in range(5)))

    inner = Inner()
    asyncio.run(main())
    assert [private.text.splitlines()[-1] for _, private in inner.sent] == [f"第{number}条" for number in range(5)]


@pytest.mark.parametrize(
    "outcome", [Unknown("timeout"), Refused("not a contact"), Refused("busy", retry=True, code=-1)]
)
def test_it_is_sent_only_when_the_private_one_was(outcome: Outcome) -> None:
    inner = Inner()
    inner.outcomes = [outcome]
    assert asyncio.run(assist(inner).send(post("x"))) == outcome


def test_with_nobody_in_charge_it_waits() -> None:
    inner = Inner()
    outcome = asyncio.run(assist(inner).send(post("x", "g2")))
    assert isinstance(outcome, Refused) and outcome.retry and outcome.after == 60 and not inner.sent


def test_what_was_forwarded_is_the_bots_and_not_a_matter_of_whoever_forwarded_it() -> None:
    for text in ("#12 已受理", " #12  已受理\n", "请转发到 ‹东坑三组›：\n#12 已受理"):
        (event,) = heard(Inner(), said(text))
        assert isinstance(event, Echo) and event.room == "g1"
    (event,) = heard(Inner(), said("请转发到 ‹东坑三组›：\n#12 已受理", sender="a colleague"))
    assert isinstance(event, Echo)
    others = [
        said("#12 已受理", sender="a resident"),
        said("#12 已受理了吗"),
        said("#12 已受理", "g2"),
        said("#12 已受理", None),
    ]
    others.append(said("#12 已受理", after=timedelta(days=3)))
    assert heard(Inner(), *others) == others


def test_the_echo_of_the_private_post_is_one_of_the_groups() -> None:
    echo = Echo("请转发到 ‹东坑三组›：\n#12 已受理", AT, to="leader")
    strange = Echo("别的话", AT, to="leader")
    assert heard(Inner(), echo, strange) == [Echo("#12 已受理", AT, room="g1"), strange]


def test_what_only_reads_is_helped_by_what_sends() -> None:
    reads, sends = Inner(), Inner()
    transport = AssistTransport(
        reads, assisted=lambda room: True, leads=leads, words=lambda group, text: text, through=sends
    )
    for one in (post("#12 已受理"), post("我的", None, "u1")):
        assert isinstance(asyncio.run(transport.send(one)), Sent)
    assert [private.to for _, private in sends.sent] == ["leader", "u1"] and not reads.sent


def test_it_offers_what_the_wrapped_one_offers_and_no_more() -> None:
    transport = assist(Inner())
    assert getattr(transport, "strangers") == set()  # noqa: B009
    assert getattr(transport, "canary", None) is None
    assert isinstance(transport.account, str)

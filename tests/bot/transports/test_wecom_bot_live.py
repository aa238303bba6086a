"""The whole bot on the long connection: dispatcher, handlers, commit and relay behind the smart bot."""

import asyncio
from contextlib import suppress

from posts import Office, open_office
from pydantic import SecretStr
from sqlmodel import Session, select
from wecom_bot_server import BOT_ID, SECRET, StandIn, serving
from worlds import ACCOUNT, NOW

from bot.channel import Channel
from bot.transports.wecom_bot import SmartBotTransport, Timing
from models.codes import OutgoingState
from models.ticket_tables import Ticket


def statuses(office: Office) -> list[str]:
    with Session(office.engine) as session:
        return [ticket.status.value for ticket in session.exec(select(Ticket))]


def shown(stand_in: StandIn, chat: str) -> str:
    return "\n".join(
        post["body"]["markdown"]["content"].replace("\u200b", "") for post in stand_in.posts if post["chat"] == chat
    )


def test_a_matter_from_its_registration_over_a_reconnect_to_its_rating() -> None:
    async def main() -> None:
        office = open_office()
        async with serving(NOW.timestamp) as stand_in:
            transport = SmartBotTransport(
                ACCOUNT,
                BOT_ID,
                SecretStr(SECRET),
                clock=lambda: NOW,
                url=stand_in.url,
                timing=Timing(backoff_first=0.02),
            )
            running = asyncio.create_task(
                Channel(office.app.shards[ACCOUNT], transport, clock=lambda: NOW).run(), name="channel"
            )
            try:
                await stand_in.until(lambda: stand_in.subscriptions == 1)
                for name in ("老李", "王阿姨"):
                    await stand_in.text(name, "我的")  # from now on they may be written to
                    await stand_in.until(lambda name=name: bool(shown(stand_in, name)))  # type: ignore[misc]
                stand_in.posts.clear()
                body = await stand_in.text("王阿姨", "@小哨 登记 3号楼路灯坏了", chat="r1")
                await stand_in.until(lambda: "#1" in shown(stand_in, "r1"))
                assert stand_in.posts[0]["cmd"] == "aibot_respond_msg"
                await stand_in.again(body)  # a duplicate, and once more over another connection
                await stand_in.close()
                await stand_in.until(lambda: stand_in.subscriptions == 2)
                await stand_in.again(body)
                await stand_in.text("老李", "处理 1")
                await stand_in.until(lambda: "1" in shown(stand_in, "老李"))
                image = stand_in.picture(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
                items = [
                    {"msgtype": "text", "text": {"content": "办结 1 已修好"}},
                    {"msgtype": "image", "image": image},
                ]
                await stand_in.say("老李", msgtype="mixed", mixed={"msg_item": items})
                await stand_in.until(lambda: "满意" in shown(stand_in, "王阿姨"))
                quote = {"msgtype": "text", "text": {"content": shown(stand_in, "王阿姨")}}
                count = len(stand_in.posts)
                await stand_in.text("王阿姨", "满意", quote=quote)
                await stand_in.until(lambda: len(stand_in.posts) > count)
                assert statuses(office) == ["closed"]
                with office.app.units() as uow:
                    assert not uow.outbox.in_state(OutgoingState.STUCK, ACCOUNT)
                    assert not uow.outbox.in_state(OutgoingState.MAYBE, ACCOUNT)
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

    asyncio.run(main())

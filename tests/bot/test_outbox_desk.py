"""xiaoshao outbox: what was not sent, sending it again, dropping it; and what the doctor and the operator are told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from plain import plain_app
from processes import xiaoshao
from sqlalchemy import Engine
from worlds import ACCOUNT, NOW, World, after, build_world

from bot import operating
from bot.operating import NotReadyError
from bot.outbox_desk import Filters, drop, listed, retry
from bot.settings import Settings
from bot.transports.base import Sent
from handlers.clockwork.schedules import KINDS, Tick
from handlers.operator.operator_report import OPERATOR
from models import schema
from models.codes import OutgoingState, PostKind, Role
from models.engine import open_engine
from models.outbox import CANNOT, NOBODY
from models.outgoing_tables import Outgoing
from models.places import FAILED, RESTART
from models.tables import Schedule
from models.uow import UnitOfWork

SECRET = "王阿姨的电话是 13800000000"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/x.db"


@pytest.fixture
def settings(url: str) -> Settings:
    return Settings(database_url=url)  # type: ignore[arg-type]


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = open_engine(url)
    schema.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def world(engine: Engine) -> World:
    with UnitOfWork(engine) as uow:
        made = build_world(uow)
        uow.commit()
    return made


@pytest.fixture
def rows(engine: Engine, world: World) -> dict[str, int]:
    """One row for each way in which a post may not be sent, by name."""
    to_room = {"room_id": world.room.id}
    to_him = {"person_id": world.resident.id, "address": world.resident.name}
    made = {
        "waits": Outgoing(state=OutgoingState.PENDING, text="等着的话", **_values(), **to_room),
        "stuck": Outgoing(
            state=OutgoingState.STUCK, error="robot", code=93000, text="群里的话", **_values(), **to_room
        ),
        "nobody": Outgoing(state=OutgoingState.STUCK, error=NOBODY, text="x", **_values()),
        "refused": Outgoing(state=OutgoingState.REFUSED, error="not a friend", text=SECRET, **_values(), **to_him),
        "maybe": Outgoing(state=OutgoingState.MAYBE, error="timeout", text="到了没", **_values(), **to_room),
        "expired": Outgoing(
            state=OutgoingState.EXPIRED, error="expired", text="晚了", expires_at=NOW, **_values(), **to_room
        ),
        "blank": Outgoing(state=OutgoingState.MAYBE, error="timeout", text="", **_values(), **to_him),
        "sent": Outgoing(state=OutgoingState.SENT, text="发了", sent_at=NOW, **_values(), **to_room),
    }
    with UnitOfWork(engine) as uow:
        for row in made.values():
            uow.outbox.add(row)
        uow.commit()
    return {name: row.id or 0 for name, row in made.items()}


def _values() -> dict[str, object]:
    return {"account": ACCOUNT, "kind": PostKind.NOTICE, "created_at": NOW, "not_before": NOW, "tried_at": NOW}


def state(engine: Engine, row: int) -> tuple[OutgoingState, bool]:
    with UnitOfWork(engine, read_only=True) as uow:
        found = uow.outbox.find(row)
        assert found is not None
        return found.state, found.doubled


def test_it_lists_what_has_come_to_no_good_end_with_its_reason(settings: Settings, rows: dict[str, int]) -> None:
    lines = listed(settings, Filters(), after(1))
    assert [line.split()[0] for line in lines[1:-1]] == [str(rows[name]) for name in reversed(rows) if name != "sent"]
    stuck = next(line for line in lines if line.startswith(f"{rows['stuck']} "))
    assert "卡住" in stuck and "一微群" in stuck and "群机器人的地址失效" in stuck and "（93000）" in stuck
    assert "05-06 10:00" in next(line for line in lines if line.startswith(f"{rows['waits']} "))
    assert lines[-1] == "全部：待发 1，可能已发 2，对方不收 1，卡住 2，过期没发 1。"


def test_no_words_of_a_post_are_shown_unless_they_are_asked_for(settings: Settings, rows: dict[str, int]) -> None:
    assert not any(word in "\n".join(listed(settings, Filters(), after(1))) for word in (SECRET, "群里的话", "到了没"))
    shown = "\n".join(listed(settings, Filters(text=True), after(1)))
    assert SECRET in shown and "群里的话" in shown and "（已删）" in shown


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(states=("卡住",)), ["nobody", "stuck"]),
        (Filters(states=("stuck", "对方不收")), ["refused", "nobody", "stuck"]),
        (Filters(room="一微群", states=("可能已发",)), ["maybe"]),
        (Filters(account=ACCOUNT, states=("已发",)), ["sent"]),
        (Filters(since="2026-05-07"), []),
        (Filters(since="2026-05-06", states=("过期没发",)), ["expired"]),
        (Filters(since="3d", states=("待发",)), ["waits"]),
        (Filters(limit=2), ["blank", "expired"]),
    ],
)
def test_filters(settings: Settings, rows: dict[str, int], filters: Filters, names: list[str]) -> None:
    lines = listed(settings, filters, after(1))
    found = [line.split()[0] for line in lines if line.split()[0].isdigit()]
    assert found == [str(rows[name]) for name in names]
    assert ("……还有更早的" in "\n".join(lines)) == (filters.limit == 2)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        (Filters(states=("坏了",)), "没有「坏了」这种状态"),
        (Filters(account="x"), "没有账号 x"),
        (Filters(room="无"), "没有叫「无」的群"),
        (Filters(since="昨天"), "看不懂 --since 昨天"),
    ],
)
def test_a_filter_that_means_nothing_is_a_sentence(
    settings: Settings, rows: dict[str, int], filters: Filters, said: str
) -> None:
    with pytest.raises(NotReadyError, match=said):
        listed(settings, filters, after(1))


def test_what_is_sent_again_goes_and_what_may_have_arrived_is_marked(
    settings: Settings, engine: Engine, rows: dict[str, int]
) -> None:
    named = [rows[name] for name in ("stuck", "maybe", "expired")]
    done = retry(settings, named, (), after(5))
    assert (done.lines, done.failed) == (["3 条已重新排队，一分钟内开始发。"], False)
    assert state(engine, rows["maybe"]) == (OutgoingState.PENDING, True)
    assert state(engine, rows["expired"]) == (OutgoingState.PENDING, False)
    relay = plain_app(engine, (ACCOUNT,), limits=True).shards[ACCOUNT].relay
    relay.recover(after(5))
    texts = []
    while (post := relay.take(after(5))) is not None:
        texts.append((post.text, post.doubled))
        relay.settle(post, Sent(), after(5))
    assert sorted(texts) == [("到了没", True), ("晚了", False), ("等着的话", False), ("群里的话", False)]


def test_what_cannot_go_again_is_said_one_by_one(settings: Settings, engine: Engine, rows: dict[str, int]) -> None:
    done = retry(settings, [rows["sent"], rows["blank"], 999, rows["refused"]], (), after(5))
    assert done.failed
    assert list(done.lines) == [
        f"{rows['sent']}：已发，不能重发。",
        f"{rows['blank']}：内容已按规定删掉，不能重发。",
        "999：没有这一条。",
        "1 条已重新排队，一分钟内开始发。",
    ]
    assert state(engine, rows["refused"])[0] is OutgoingState.PENDING


def test_all_of_a_state_go_again_but_not_what_was_sent(
    settings: Settings, engine: Engine, rows: dict[str, int]
) -> None:
    assert retry(settings, (), ("stuck",), after(5)).lines == ["2 条已重新排队，一分钟内开始发。"]
    with pytest.raises(NotReadyError, match="「已发」的不用重发"):
        retry(settings, (), ("sent",), after(5))


def test_what_is_dropped_is_not_sent_and_not_shown(settings: Settings, engine: Engine, rows: dict[str, int]) -> None:
    done = drop(settings, [rows["waits"], rows["stuck"], rows["sent"]])
    assert (list(done.lines), done.failed) == ([f"{rows['sent']}：已发，不能丢掉。", "2 条不发了。"], True)
    assert state(engine, rows["waits"])[0] is state(engine, rows["stuck"])[0] is OutgoingState.DROPPED
    relay = plain_app(engine, (ACCOUNT,)).shards[ACCOUNT].relay
    relay.recover(after(5))
    assert relay.take(after(5)) is None


def test_from_the_command_line(url: str, rows: dict[str, int]) -> None:
    shown = xiaoshao("outbox", "--state", "卡住", DATABASE_URL=url)
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert "群机器人的地址失效" in shown.stdout.decode()
    wrong = xiaoshao("outbox", "--state", "坏了", DATABASE_URL=url)
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert wrong.stderr.decode().startswith("没有「坏了」这种状态。")
    again = xiaoshao("outbox", "retry", "--state", "卡住", DATABASE_URL=url)
    assert (again.returncode, again.stdout.decode()) == (0, "2 条已重新排队，一分钟内开始发。\n")
    assert xiaoshao("outbox", "drop", str(rows["sent"]), DATABASE_URL=url).returncode == 1
    assert xiaoshao("outbox", "retry", DATABASE_URL=url).returncode == 2


# -- the doctor and the operator --------------------------------------------------------------------


def test_the_doctor_names_reasons_by_code_and_what_to_do(settings: Settings, rows: dict[str, int]) -> None:
    found = {finding.text: finding.mark for finding in operating.examine(settings)}
    robot = "1 条发不出去：群机器人的地址失效或机器人被移出了群，请重新添加、更新地址（93000）。"
    assert found[robot] == "✗"
    assert found["1 条发不出去：那个群还没有负责人。"] == "✗"
    assert found["1 条对方不收：not a friend。"] == "✗"
    assert found["1 条到期没轮到，没有发。"] == "✓"
    assert found["是哪些：xiaoshao outbox；处理好以后重发：xiaoshao outbox retry --state 卡住。"] == "○"


def told(engine: Engine, minutes: float = 60) -> list[tuple[str, str]]:
    """(person, text) of what the morning's line says."""
    app = plain_app(engine, (ACCOUNT,))
    with app.units() as uow:
        schedule = Schedule(kind=OPERATOR, subject="all", period="2026-05-06", due_at=after(minutes))
        effects = KINDS[OPERATOR].run(Tick(schedule, uow, app.setting, after(minutes)))
    return [(effect.person_id or "", effect.text) for effect in effects]  # type: ignore[union-attr]


def test_the_operator_reads_counts_and_reasons_and_never_a_text(
    engine: Engine, world: World, rows: dict[str, int]
) -> None:
    with UnitOfWork(engine) as uow:
        uow.people.grant(world.leader, world.village, Role.ADMIN)
        uow.places.add_gap(ACCOUNT, after(-30), after(10), "outage")
        uow.places.add_gap(ACCOUNT, after(20), after(20), FAILED, world.room.id)
        uow.places.add_gap(ACCOUNT, after(30), after(30.5), "unreachable")
        uow.places.add_gap(ACCOUNT, after(40), after(40.5), RESTART)
        uow.commit()
    assert told(engine) == [
        (
            world.leader.id,
            "【小哨运行情况】\n"
            "发不出去：那个群还没有负责人（1条）；群机器人的地址失效或机器人被移出了群，请重新添加、更新地址（93000）（1条）。\n"
            "对方不收：not a friend（1条）。\n"
            "不知道有没有发到：2条。\n"
            "到期没轮到、没有发：1条。\n"
            "没听到的时段：1段，最近一段5月6日 09:30–5月6日 10:10。\n"
            "不到一分钟的中断2次，共60秒。\n"
            "没处理成的消息：1条。\n"
            "细看请在装小哨的电脑上运行 xiaoshao outbox。",
        )
    ]


def test_the_operator_is_not_written_to_where_nothing_is_his(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        uow.people.grant(world.leader, world.village, Role.ADMIN)
        for error in (CANNOT, NOBODY):
            uow.outbox.add(Outgoing(state=OutgoingState.STUCK, error=error, text="x", **_values()))
        uow.outbox.add(Outgoing(state=OutgoingState.MAYBE, text="x", **{**_values(), "tried_at": after(-2000)}))
        uow.commit()
    assert told(engine) == []


def test_a_short_restart_alone_is_no_reason_to_write_a_short_outage_is(engine: Engine, world: World) -> None:
    with UnitOfWork(engine) as uow:
        uow.people.grant(world.leader, world.village, Role.ADMIN)
        uow.places.add_gap(ACCOUNT, after(30), after(30.5), RESTART)
        uow.commit()
    assert told(engine) == []
    with UnitOfWork(engine) as uow:
        uow.places.add_gap(ACCOUNT, after(40), after(40.5), "unreachable")
        uow.commit()
    ((_, text),) = told(engine)
    assert "不到一分钟的中断2次，共60秒。" in text


def test_each_night_plans_the_mornings_line(engine: Engine, world: World) -> None:
    app = plain_app(engine, (ACCOUNT,))
    night = NOW + timedelta(hours=17, minutes=30)
    with app.units() as uow:
        uow.once.plan("housekeeping", "all", "2026-05-07", night)
        uow.commit()
    app.ticker.run_due(night)
    with app.units() as uow:
        assert uow.once.next_due((OPERATOR,)) == night + timedelta(hours=4, minutes=40)

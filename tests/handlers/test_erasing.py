"""What must be gone from the disk: the words, pictures and phones of people, in every table."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from staging import ACCOUNT
from transcript import Stage
from transcript_head import read_head

from models.codes import OutgoingState, PostKind, Topic
from models.message import Attachment, AttachmentKind, Message
from nlp.understander import Understander

REPORT = "小陈：4栋1单元302漏水了，没人管"
HEALTH = "王阿姨：我妈瘫痪在床，想要一个轮椅，哪位好心人能帮帮忙"
ALL = tuple(OutgoingState)


@pytest.fixture
def stage(understander: Understander, tmp_path: Path) -> Stage:
    return Stage(read_head([]), understander, tmp_path)


def _play(stage: Stage, *lines: str) -> None:
    for line in lines:
        stage.play(line)


def _kept(stage: Stage, *words: str) -> list[str]:
    """Where one of the words still stands: table and value."""
    tables = MetaData()
    tables.reflect(stage.engine)
    found = []
    with stage.engine.connect() as connection:
        for table in tables.sorted_tables:
            for row in connection.execute(table.select()):
                found += [f"{table.name}: {value}" for value in row if any(word in str(value) for word in words)]
    return found


def _whole(stage: Stage) -> bool:
    with stage.app.units() as uow:
        return not list(uow.seals.damage())


def _picture(stage: Stage, name: str, data: bytes) -> str:
    list(stage.driver.advance(stage.driver.now + timedelta(seconds=20)))
    picture = Attachment(AttachmentKind.IMAGE, data, "image/png")
    stage.driver.say(
        Message(f"p{name}", ACCOUNT, "本群", name, "", stage.driver.now, sender_name=name, attachments=(picture,))
    )
    list(stage.driver.send())
    return hashlib.sha256(data).hexdigest()


def test_a_forgotten_persons_words_leave_the_digests_too(stage: Stage) -> None:
    _play(stage, REPORT, "@05-13 18:00", "周书记>日报")
    assert any(row.startswith("outgoing") for row in _kept(stage, "漏水了"))
    _play(stage, "小陈>忘记我")
    assert _kept(stage, "漏水了", "单元302", "4栋") == []
    assert _whole(stage)


def test_place_and_evidence_go_when_others_ask_too(stage: Stage) -> None:
    _play(stage, REPORT, "李叔：我家也是", "小陈>忘记我")
    assert _kept(stage, "漏水了", "单元302", "4栋") == []


def test_a_place_that_somebody_else_named_stays(stage: Stage) -> None:
    _play(stage, REPORT, "李叔：我家也是", "老李>改 1 地点 5栋2单元", "小陈>忘记我")
    with stage.app.units() as uow:
        assert [ticket.place for ticket in uow.tickets.all()] == ["5栋2单元"]


def test_a_dropped_signal_leaves_the_digests_too(stage: Stage) -> None:
    _play(stage, "小陈：大家一起去市里上访，拉横幅", "@18:00", "老李>日报", "老李>忽略 S1")
    assert _kept(stage, "拉横幅") == []


def test_a_digest_that_waits_is_written_anew(stage: Stage) -> None:
    _play(stage, REPORT, "李叔：路灯坏了一个星期了，晚上黑灯瞎火的", "@05-13 18:00")
    with stage.app.units() as uow:
        for ticket in uow.tickets.all():
            for row in uow.outbox.touching(ticket.id, (OutgoingState.SENT,)):
                if row.kind is PostKind.DIGEST:
                    row.state = OutgoingState.PENDING
        uow.commit()
    _play(stage, "小陈>忘记我")
    with stage.app.units() as uow:
        rows = [row for state in ALL for row in uow.outbox.in_state(state) if row.kind is PostKind.DIGEST and row.text]
    assert rows
    assert all("路灯" in row.text and "漏水" not in row.text for row in rows)
    assert not any(row.state is OutgoingState.DROPPED for row in rows)


def _unsend(stage: Stage, *topics: Topic) -> dict[Topic, int]:
    """Private lines about emergencies, as if they had not left yet."""
    with stage.app.units() as uow:
        rows = {row.topic: row for row in uow.outbox.in_state(OutgoingState.SENT) if row.topic in topics}
        for row in rows.values():
            row.state = OutgoingState.STUCK
        uow.commit()
        return {topic: row.id for topic, row in rows.items() if topic is not None and row.id is not None}


def test_what_waits_to_be_said_of_an_emergency_keeps_its_meaning(stage: Stage) -> None:
    _play(
        stage, "王阿姨：3栋着火了，浓烟滚滚", "李叔：我家也是", "@+10m", "老李>上报 1 云梯上不来", "周书记>转办 1 @老李"
    )
    rows = _unsend(stage, *Topic)
    assert set(rows) == {Topic.ALARM, Topic.REMINDED, Topic.ESCALATED, Topic.TRANSFERRED}
    _play(stage, "王阿姨>忘记我")
    with stage.app.units() as uow:
        said = {topic: uow.outbox.get(row).text for topic, row in rows.items()}
    assert not any(word in text for text in said.values() for word in ("浓烟", "王阿姨"))
    assert said[Topic.ALARM].startswith("【紧急】#1")
    assert said[Topic.REMINDED].startswith("【再次提醒】")
    assert said[Topic.ESCALATED].startswith("【紧急】【上报】#1")
    assert "老李 报来：云梯上不来" in said[Topic.ESCALATED]
    assert said[Topic.TRANSFERRED].startswith("【转办】#1")
    assert "周书记 转给您\n" in said[Topic.TRANSFERRED]
    assert "反映人：李叔" in said[Topic.TRANSFERRED]


def test_who_need_not_go_hears_so_even_when_the_words_are_erased(stage: Stage) -> None:
    _play(stage, "王阿姨：3栋着火了，浓烟滚滚", "王阿姨>撤回 1")
    (row,) = _unsend(stage, Topic.CALLED_OFF).values()
    _play(stage, "王阿姨>忘记我")
    with stage.app.units() as uow:
        assert uow.outbox.get(row).text == "#1 已撤回，不用去了。"


def test_pictures_of_a_forgotten_person_are_deleted(stage: Stage, tmp_path: Path) -> None:
    _play(stage, REPORT)
    mine = _picture(stage, "小陈", b"mine")
    assert (tmp_path / mine).exists()
    _play(stage, "小陈>忘记我", "@+5m")
    assert not (tmp_path / mine).exists()
    assert _kept(stage, f"{mine}.png", "image/png") == []


def test_a_picture_that_another_ticket_has_stays(stage: Stage, tmp_path: Path) -> None:
    _play(stage, REPORT)
    same = _picture(stage, "小陈", b"same")
    _play(stage, "李叔：路灯坏了一个星期了，晚上黑灯瞎火的")
    _picture(stage, "李叔", b"same")
    _play(stage, "小陈>忘记我", "@+5m")
    assert (tmp_path / same).exists()


def test_a_contact_is_gone_by_the_next_morning(stage: Stage) -> None:
    _play(stage, "孙伯：想借一个梯子，谁家有能借我用一天吗", "老张>认领 1", "老李>同意 1 13899990000")
    assert _kept(stage, "13899990000")
    _play(stage, "@08:00")
    assert _kept(stage, "13899990000") == []


@pytest.mark.parametrize(
    "ending",
    [
        ("老张>认领 1", "老张>完成 1 送轮椅去了", "王阿姨>满意 1 轮椅很好"),
        ("老张>认领 1", "老张>完成 1 送轮椅去了", "@+8d"),
        ("王阿姨>撤回 1 不要轮椅了",),
        ("老李>误报 1 不是轮椅的事",),
        ("王阿姨：发错群了",),
    ],
    ids=["rated", "silent", "withdrawn", "rejected", "retracted"],
)
def test_nothing_of_health_is_kept_after_the_end(stage: Stage, ending: tuple[str, ...]) -> None:
    _play(stage, HEALTH, *ending)
    with stage.app.units() as uow:
        assert all(ticket.closed_at for ticket in uow.tickets.all())
        said = [row for state in ALL for row in uow.outbox.in_state(state)]
    assert said
    _play(stage, "@08:00")
    assert _kept(stage, "瘫痪", "轮椅") == []
    assert _whole(stage)

"""The scan of all transcripts finds what it is to find: each thing planted where it must not be."""

from collections.abc import Iterator

import pytest
from scanning import everything, sensitive
from sqlalchemy import text
from transcript import Stage
from transcript_head import read_head

from bot.transports.base import Post
from models.codes import PostKind
from nlp.understander import Understander

REPORT = "王阿姨：3栋2单元501漏水了，没人管，我电话13812345678"


@pytest.fixture
def stage(understander: Understander) -> Iterator[Stage]:
    played = Stage(read_head([]), understander)
    for line in (REPORT, "李叔：我家也是", "老李：办结 1 修好了"):
        played.play(line)
    yield played
    played.engine.dispose()


def test_an_ordinary_course_of_things_is_clean(stage: Stage) -> None:
    assert everything(stage, []) == []


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE ticket SET category = '打老婆'", "ticket.category"),
        ("UPDATE room SET name = '3栋2单元501'", "room.name"),
        ("UPDATE outgoing SET text = '打13812345678' WHERE room_id IS NOT NULL", "outgoing.text"),
        ("UPDATE outgoing SET error = '440102199001011234'", "outgoing.error"),
        ("UPDATE schedule SET subject = '3栋501'", "schedule.subject"),
        ("UPDATE identity SET display_name = '王13812345678' WHERE display_name = '王阿姨'", "identity.display_name"),
    ],
)
def test_a_table_that_must_not_hold_it_is_named(stage: Stage, statement: str, column: str) -> None:
    with stage.engine.begin() as connection:
        connection.execute(text(statement))
    assert any(line.startswith(column) for line in everything(stage, []))


@pytest.mark.parametrize(
    ("said", "room", "to", "wrong"),
    [
        ("老板欠我工资", "本群", None, True),
        ("打13812345678", "本群", None, True),
        ("3栋2单元501", None, "李叔", True),
        ("3栋2单元501", None, "王阿姨", False),
        ("3栋2单元501，家暴", None, "老李", False),
        ("3栋2单元***", "本群", None, False),
        ("她有糖尿病", "本群", None, True),
        ("孙子上小学三年级", "本群", None, True),
    ],
)
def test_whoever_may_not_read_it_is_named(
    stage: Stage, said: str, room: str | None, to: str | None, wrong: bool
) -> None:
    stage.transport.sent.append(("x", Post(0, "test", PostKind.NOTICE, said, stage.driver.now, room=room, to=to)))
    assert bool(everything(stage, [])) is wrong


@pytest.mark.parametrize(
    ("words", "wrong"),
    [("她有糖尿病", True), ("孩子没人带", True), ("两口子打架", True), ("换了阀门", False)],
)
def test_words_that_outlive_their_matter_are_named(stage: Stage, words: str, wrong: bool) -> None:
    stage.play("王阿姨：满意 1")
    with stage.engine.begin() as connection:
        connection.execute(text("UPDATE event_text SET text = :words"), {"words": words})
    assert any("has ended and keeps" in line for line in everything(stage, [])) is wrong


def test_a_number_that_reaches_a_helper_before_consent_is_named(stage: Stage) -> None:
    for line in ("孙伯：电话13912345678，想请人帮我换灯泡", "老张：认领 2"):
        stage.play(line)
    shown = Post(0, "test", PostKind.NOTICE, "打13912345678", stage.driver.now, to="老张")
    stage.transport.sent.append(("x", shown))
    assert any(line.startswith("老张 reads") for line in everything(stage, []))


def test_a_log_that_repeats_what_was_said_is_named(stage: Stage) -> None:
    said = REPORT.partition("：")[2]
    assert everything(stage, [{"event": "failed", "log_level": "error", "text": said}])
    assert not everything(stage, [{"event": "failed", "log_level": "debug", "text": said}])
    assert not everything(stage, [{"event": "failed", "log_level": "error", "message_id": "m1"}])


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("打13812345678或0769-88886666", ["phone", "phone"]),
        ("身份证440102199001011234", ["card"]),
        ("3栋2单元501、6-2-1203、302室", ["flat", "flat", "flat"]),
        ("楼上天天打架", ["dispute"]),
        ("5月6日 10:00，300元，2026年，#12，3栋2单元", []),
        ("f92043b3b0302613812345678ab", []),
    ],
)
def test_what_counts(said: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in sensitive(said)] == kinds


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("UPDATE record SET text = '打13812345678'", True),  # everybody reads a publication
        ("UPDATE record_entry SET text = '3栋2单元501'", True),
        ("UPDATE record_entry SET text = '每吨3元'", False),
        ("UPDATE record_entry SET person_id = (SELECT id FROM person WHERE erased_at IS NOT NULL)", True),
    ],
)
def test_the_words_of_records_are_looked_at_by_what_they_are(
    understander: Understander, change: str, wrong: bool
) -> None:
    played = Stage(read_head(["规则 bayannur", "人 李叔 居民 本群", "人 周书记 支部书记"]), understander)
    for line in ("周书记>公开 水费 每吨3元2角", "周书记>更正 1 每吨3元3角", "李叔>忘记我"):
        played.play(line)
    assert everything(played, []) == []
    with played.engine.begin() as connection:
        connection.execute(text(change))
    assert bool(everything(played, [])) is wrong
    played.engine.dispose()


def test_words_of_a_round_that_outlived_its_matter_are_named(understander: Understander) -> None:
    played = Stage(read_head(["规则 dongping", "人 老李 微网格长 本群", "人 周书记 支部书记"]), understander)
    for line in ("老李>巡查 其余都正常，生产生活困难：赵大爷瘫痪在床没人管", "老李>误报 2 家里人接走了"):
        played.play(line)
    assert everything(played, []) == []
    with played.engine.begin() as connection:
        connection.execute(text("UPDATE record_entry SET text = '赵大爷瘫痪在床' WHERE ticket_id IS NOT NULL"))
    assert everything(played, [])
    played.engine.dispose()

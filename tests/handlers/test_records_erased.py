"""What goes from records beside tickets: with the ticket made of them, with whoever wrote it, and what stays."""

import hashlib
from datetime import timedelta
from pathlib import Path

from sqlmodel import select
from staging import ACCOUNT
from transcript import Stage
from transcript_head import read_head

from models.codes import RecordKind
from models.message import Attachment, AttachmentKind, Message
from models.record_tables import Record, RecordEntry
from nlp.understander import Understander

PICTURE = b"a notice board"
SHA256 = hashlib.sha256(PICTURE).hexdigest()


def _stage(understander: Understander, folder: Path, *head: str) -> Stage:
    return Stage(read_head(["略日报", *head]), understander, folder)


def _picture(stage: Stage, message_id: str, name: str, room: str | None, text: str = "") -> None:
    list(stage.driver.advance(stage.driver.now + timedelta(seconds=20)))
    picture = Attachment(AttachmentKind.IMAGE, PICTURE, "image/png")
    stage.driver.say(
        Message(message_id, ACCOUNT, room, name, text, stage.driver.now, sender_name=name, attachments=(picture,))
    )
    list(stage.driver.send())


def _files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_picture_that_a_publication_shows_stays_when_a_tickets_goes(
    understander: Understander, tmp_path: Path
) -> None:
    stage = _stage(understander, tmp_path, "规则 bayannur", "人 李叔 居民 本群", "人 周书记 支部书记")
    _picture(stage, "p1", "周书记", None, "公开 水费 5月水费每吨3元，本月10日起收")
    stage.play("周书记>确认 1")
    stage.play("李叔：三楼漏水了，没人管")
    _picture(stage, "p2", "李叔", "本群")
    stage.play("李叔>忘记我")
    stage.play("@+5m")
    assert [name for name in _files(tmp_path) if SHA256 in name]
    stage.play("@+380d")
    assert not [name for name in _files(tmp_path) if SHA256 in name]


def test_the_months_take_the_words_of_a_round_with_the_ticket(understander: Understander, tmp_path: Path) -> None:
    stage = _stage(understander, tmp_path, "规则 dongping", "保存月数 2", "人 老李 微网格长 本群", "人 周书记 支部书记")
    for line in ("老李>巡查 其余都正常，治安隐患：村口路灯坏了三天没人修", "老李>办结 2 换了灯", "老李>满意 2"):
        stage.play(line)
    with stage.app.units() as uow:
        assert "村口路灯" in str(uow.session.exec(select(RecordEntry.text)).all())
    stage.play("@+80d")
    with stage.app.units() as uow:
        assert "村口路灯" not in str(uow.session.exec(select(RecordEntry.text)).all())


def test_whoever_published_or_went_on_a_round_is_not_named_after_he_is_forgotten(
    understander: Understander, tmp_path: Path
) -> None:
    stage = _stage(
        understander, tmp_path, "规则 bayannur", '规定 patrols.on = true', '规定 patrols.items = [{ name = "卫生" }]',
        "人 老何 治理员 本群",
    )  # fmt: skip
    for line in ("老何>公开 水费 每吨3元2角", "老何>更正 1 每吨3元3角", "老何>巡查 都正常", "老何>忘记我"):
        stage.play(line)
    with stage.app.units() as uow:
        records = uow.session.exec(select(Record).order_by(Record.number)).all()
        assert [(one.kind, one.text, one.person_id) for one in records] == [
            (RecordKind.PUBLICATION, "每吨3元3角", None),  # what the village said stays
            (RecordKind.PATROL, "", None),
        ]
        entries = uow.session.exec(select(RecordEntry)).all()
        assert {(one.text, one.person_id) for one in entries} == {("", None)}


def test_who_is_forgotten_keeps_his_points_without_a_name(understander: Understander, tmp_path: Path) -> None:
    stage = _stage(understander, tmp_path, "规则 dongping", "人 老李 微网格长 本群", "人 周书记 支部书记")
    stage.play("老李>巡查 都正常")
    with stage.app.units() as uow:
        record = uow.session.exec(select(Record)).one()
        person = record.person_id or ""
        before = uow.points.total(person)
    stage.play("老李>忘记我")
    stage.play("@+2h")
    with stage.app.units() as uow:
        assert before == uow.points.total(person) == 1

"""一事一册 says where a history was changed, and when somebody rated who never asked."""

from collections.abc import Iterator

import pytest
from sqlmodel import col, select, update
from transcript import Stage
from transcript_head import read_head

from models.history_tables import EventText, TicketEvent
from nlp.understander import Understander

HEAD = ["规则 zhenjiang", "略日报", "人 王阿姨 居民 本群", "人 李叔 居民 本群", "人 周书记 支部书记"]
STORY = ("王阿姨：3栋门口路灯坏了一个星期没人修", "周书记>办结 1 换了灯泡", "王阿姨>满意 1")


@pytest.fixture
def stage(understander: Understander) -> Iterator[Stage]:
    made = Stage(read_head(HEAD), understander)
    for line in STORY:
        made.play(line)
    yield made
    made.engine.dispose()


def account(stage: Stage) -> str:
    return "\n".join(stage.play("周书记>一事一册 1"))


def test_an_untouched_history_verifies(stage: Stage) -> None:
    said = account(stage)
    assert "步首尾相接，没有人改过" in said
    assert "王阿姨满意（都是提出人本人）" in said


def test_a_changed_step_is_named(stage: Stage) -> None:
    with stage.app.units() as uow:
        step = uow.session.exec(select(TicketEvent).where(TicketEvent.kind == "rated")).one()
        seq = step.seq
        uow.session.exec(update(TicketEvent).where(col(TicketEvent.id) == step.id).values(data={"rating": "fair"}))
        uow.commit()
    assert f"第{seq}步起对不上" in account(stage)


def test_words_put_into_its_mouth_are_found(stage: Stage) -> None:
    with stage.app.units() as uow:
        uow.session.exec(update(EventText).values(text="换了三盏新灯"))
        uow.commit()
    assert "对不上，有人改过" in account(stage)


def test_a_grade_of_somebody_else_is_named(stage: Stage) -> None:
    with stage.app.units() as uow:
        (ticket,) = uow.tickets.all()
        identity = uow.people.identity("test", "李叔")
        assert identity is not None
        uow.tickets.record(
            ticket, "rated", at=stage.driver.now, actor_id=identity.person_id, data={"rating": "satisfied"}
        )
        uow.commit()
    assert "有人不是提出人，请核对" in account(stage)

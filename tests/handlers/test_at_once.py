"""一秒响应: what somebody reports is answered in the same moment, outside the quiet hours and within the budget."""

from datetime import datetime, timedelta

from sqlmodel import select
from transcript import Stage
from transcript_head import ZONE, read_head

from models.codes import PostKind
from models.outgoing_tables import Outgoing
from nlp.understander import Understander

HEAD = ["规则 dongkeng", "群 井美一组", "人 谢女士 居民 井美一组", "人 小何 治理员 井美一组"]
SAID = "谢女士：巷道里堆满垃圾和杂物，没人清"


def _acknowledged(stage: Stage) -> Outgoing:
    stage.play(SAID)
    with stage.app.units() as uow:
        (row,) = uow.session.exec(select(Outgoing).where(Outgoing.kind == PostKind.ACK)).all()
        return row


def test_the_answer_is_due_in_the_moment_in_which_it_was_said(understander: Understander) -> None:
    stage = Stage(read_head(HEAD), understander)
    row = _acknowledged(stage)
    assert row.not_before == row.created_at == stage.driver.now
    assert row.sent_at is not None
    assert row.sent_at - row.created_at < timedelta(seconds=1)
    stage.engine.dispose()


def test_in_the_quiet_hours_it_waits_for_the_morning(understander: Understander) -> None:
    stage = Stage(read_head([*HEAD, "时间 2026-05-06 23:00"]), understander)
    row = _acknowledged(stage)
    assert row.sent_at is None
    posts = [posted.text for _, posted in stage.driver.advance(datetime(2026, 5, 7, 7, 1, tzinfo=ZONE))]
    assert row.text in posts
    stage.engine.dispose()


def test_rubbish_is_gone_within_half_a_working_day(understander: Understander) -> None:
    stage = Stage(read_head(HEAD), understander)
    stage.play(SAID)
    with stage.app.units() as uow:
        (ticket,) = uow.tickets.all()
    assert ticket.solve_by == datetime(2026, 5, 6, 15, 30, 20, tzinfo=ZONE)
    stage.engine.dispose()

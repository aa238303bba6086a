"""Merging and splitting: whatever staff do, nothing is ever reminded of what was merged, and histories verify."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select
from transcript import Stage
from transcript_head import read_head

from models.codes import OutgoingState, PostKind, Status
from models.history import verify
from models.outgoing_tables import Outgoing
from models.states import ENDED
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.understander import Understander

HEAD = ["略日报", "单位 清河物业公司 物业 小马", "责任 lift 清河物业公司"]
OPENED = (
    "李叔：3栋2单元三楼漏水了，没人管",
    "王阿姨：7栋路灯坏了一个星期了，晚上黑灯瞎火的",
    "孙伯：8栋门口的树枝断了挂在半空，没人管",
    "小陈：5栋1单元电梯按钮坏了，按不动",
)
NUMBERS = st.integers(1, 6)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A command of somebody, or time that passes."""
    word = draw(
        st.sampled_from(
            ["合并", "合并", "拆分", "拆分人", "受理", "处理", "办结", "上报", "督办", "转办", "退回", "撤回", "满意",
             "不满意", "类别", "类型", "时间", "时间"]
        )
    )  # fmt: skip
    number, other = draw(NUMBERS), draw(NUMBERS)
    who = draw(st.sampled_from(["老李", "老李", "周书记", "小马", "李叔", "王阿姨"]))
    match word:
        case "合并":
            return f"{who}>合并 {number} {other}"
        case "拆分人":
            return f"{who}>拆分 {number} {draw(st.sampled_from(['李叔', '王阿姨', '孙伯', '小陈']))}"
        case "转办":
            return f"{who}>转办 {number} {draw(st.sampled_from(['物业', '小马', '老张']))}"
        case "类别":
            return f"{who}>改 {number} 类别 {draw(st.sampled_from(['环境卫生', '道路设施', '电梯']))}"
        case "类型":
            return f"{who}>改 {number} 类型 {draw(st.sampled_from(['纠纷', '心愿', '诉求']))}"
        case "时间":
            return draw(st.sampled_from(["@+30m", "@+5h", "@+26h", "@+3d"]))
        case _:
            return f"{who}>{word} {number} 说明"


def reminders(uow: UnitOfWork, known: set[int]) -> list[Outgoing]:
    rows = uow.session.exec(select(Outgoing).where(Outgoing.kind == PostKind.REMINDER)).all()
    return [row for row in rows if row.id not in known and row.state is OutgoingState.SENT]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talk=st.lists(lines(), max_size=30))
def test_nothing_is_reminded_of_what_was_merged(understander: Understander, talk: list[str]) -> None:
    stage = Stage(read_head(HEAD), understander)
    for line in OPENED:
        stage.play(line)
    known: set[int] = set()
    for line in talk:
        with stage.app.units() as uow:
            merged = {ticket.id for ticket in uow.tickets.all() if ticket.status is Status.MERGED}
        stage.play(line)
        with stage.app.units() as uow:
            for row in reminders(uow, known):
                assert not merged & set(row.ticket_ids), line
                known.add(row.id or 0)
            for ticket in uow.tickets.all():
                check(uow, ticket)
    stage.engine.dispose()


def check(uow: UnitOfWork, ticket: Ticket) -> None:
    """What holds of every ticket after every command."""
    texts = uow.tickets.texts(ticket.id).values()
    assert not verify(ticket.id, ticket.status, uow.tickets.events(ticket.id), texts)
    assert (ticket.merged_into is not None) == (ticket.status is Status.MERGED)
    if ticket.status is Status.MERGED:
        assert uow.tickets.live_claim(ticket.id) is None
        into = uow.unions.end_of(ticket)
        assert into.private == ticket.private or into.private
    if ticket.status not in ENDED:
        assert uow.tickets.requesters(ticket.id)
        assert ticket.organisation_id is None or not ticket.private


LATER = "老李>拆分 2"


@pytest.mark.parametrize(("before", "reminded"), [("@+1h", True), ("@+25h", False)])
def test_what_comes_back_is_reminded_of_again(understander: Understander, before: str, reminded: bool) -> None:
    stage = Stage(read_head(HEAD), understander)
    for line in (*OPENED[:2], "老李>合并 1 2", before, LATER):
        stage.play(line)
    said = "\n".join(stage.play("@+8d"))
    assert ("#2【道路设施】" in said) is reminded
    assert "#1【管道渗漏】" in said
    stage.engine.dispose()


def test_pictures_of_the_handler_stay_with_the_ticket(understander: Understander) -> None:
    stage = Stage(read_head(HEAD), understander)
    for line in (OPENED[0], "老李>办结 1 换了阀门[图]"):
        posts = stage.play(line)
    with stage.app.units() as uow:
        (ticket,) = uow.tickets.all()
        assert len(uow.pictures.of(ticket.id)) == 1
        assert uow.tickets.events(ticket.id)[-1].data == {"pictures": 1}
        assert all(row.picture is None for row in uow.session.exec(select(Outgoing)).all())
    assert posts
    stage.engine.dispose()


def test_a_picture_sent_after_the_command_is_kept_and_confirmed_once(understander: Understander) -> None:
    stage = Stage(read_head(HEAD), understander)
    for line in (OPENED[0], "老李>[图]", "老李>处理 1 师傅到了"):
        stage.play(line)
    assert stage.play("老李>[图]") == ["→ (私) 老李：照片已存到 #1。"]
    assert stage.play("老李>[图][图]") == []
    assert stage.play("小马>[图]") == []
    stage.play("@+6m")
    assert stage.play("老李>[图]") == []
    with stage.app.units() as uow:
        (ticket,) = uow.tickets.all()
        assert len(uow.pictures.of(ticket.id)) == 3
    stage.engine.dispose()


def test_split_off_words_and_pictures_go_along(understander: Understander) -> None:
    stage = Stage(read_head(HEAD), understander)
    for line in (OPENED[0], "王阿姨：我家也漏，厨房水管裂了[图]", "老李>拆分 1 王阿姨"):
        stage.play(line)
    with stage.app.units() as uow:
        first, second = uow.tickets.all()
        assert second.linked_from == first.id
        assert not uow.pictures.of(first.id)
        assert len(uow.pictures.of(second.id)) == 1
        assert {source.ticket_id for source in uow.tickets.sources(second.id)} == {second.id}
        assert uow.tickets.texts(second.id)[1].text == "我家也漏，厨房水管裂了"
    stage.engine.dispose()

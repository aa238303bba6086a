"""公开, 走访, 巡查, 随手拍 with words that cannot be: each is refused with what to do, and nothing of it is kept."""

from pathlib import Path

import pytest
from sqlmodel import select
from transcript import Stage
from transcript_head import read_head

from models.record_tables import Record, RecordEntry
from models.ticket_tables import Ticket
from nlp.understander import Understander

HEADS = {
    "bayannur": (
        "规则 bayannur",
        "群 一组",
        "群 二组",
        "人 李叔 居民 一组",
        "人 老何 治理员 一组 二组",
        "人 周书记 支部书记",
    ),
    "zhenjiang": ("规则 zhenjiang", "人 李叔 居民 本群", "人 老李 微网格长 本群", "人 周书记 支部书记"),
    "dongping": (
        "规则 dongping",
        "群 一组",
        "群 二组",
        "人 李叔 居民 一组",
        "人 老李 微网格长 一组 二组",
        "人 老何 微网格长 一组",
    ),
}
PUBLISHING = (
    ("周书记>公开", "公开哪一类"),
    ("周书记>公开 水费", "请写上公开的内容"),
    ("周书记>公开 水费 涨", "请写上公开的内容"),
    ("周书记>公开 彩票 每户一张", "公开哪一类"),
    (f"周书记>公开 水费 {'每吨3元' * 150}", "最多"),
    ("周书记>公开 水费 有事打13812345678", "请去掉13812345678"),
    ("周书记>公开 水费 3栋2单元501欠费", "请去掉"),
    ("周书记>公开 低保 张*三、李*各520元", "请去掉张*三、李*"),
    ("周书记>公开 低保 名单见图[图]", "不发图"),
    ("周书记>更正 99 每吨3元", "没有找到 #99"),
    ("周书记>更正 每吨3元", "编号"),
    ("周书记>撤回 99", "没有找到 #99"),
    ("李叔>公开 水费 每吨3元2角", "要由网格工作人员来办"),
    ("老何>公开 水费 每吨3元2角", "哪一处"),
)
VISITING = (
    ("老李>走访", "走访"),
    ("老李>走访 王奶奶", "情况是"),
    ("老李>走访 王奶奶 红", "情况是"),
    (f"老李>走访 王奶奶 {'她一个人住，' * 200}", "最多"),
    (f"老李>走访 {'王' * 31} 一个人住", "走访"),
    ("老李>走访 99 送了菜", "#99"),
    ("老李>查走访 没有的人", "没有"),
    ("李叔>走访 王奶奶 送了菜", "要由"),
    ("李叔>查走访", "要由"),
)
PATROLLING = (
    ("老何>巡查", "巡查看到什么"),
    ("老何>巡查 天气不错", "巡查看到什么"),
    ("老何>巡查 ，。！", "巡查看到什么"),
    ("老李>巡查 都正常", "哪一处"),
    ("李叔>巡查 都正常", "要由"),
    ("老何>查巡查 99", "没有找到巡查 #99"),
    ("李叔>查巡查", "要由"),
)
SNAPPING = (
    ("李叔>随手拍", "请拍张照"),
    ("李叔>随手拍 12", "请拍张照"),
    ("李叔>随手拍 哦", "请拍张照"),
    ("李叔@一组：@小哨 随手拍", "请拍张照"),
)
CASES = [
    *(("bayannur", line, said) for line, said in (*PUBLISHING, *SNAPPING)),
    *(("zhenjiang", line, said) for line, said in VISITING),
    *(("dongping", line, said) for line, said in PATROLLING),
]


@pytest.mark.parametrize(
    ("pack", "line", "said"), CASES, ids=lambda value: value[:24] if isinstance(value, str) else value
)
def test_it_is_refused_with_what_to_do_and_nothing_is_kept(
    understander: Understander, tmp_path: Path, pack: str, line: str, said: str
) -> None:
    stage = Stage(read_head(["略日报", *HEADS[pack]]), understander, tmp_path)
    stage.play(line)
    posts = [post.text for _, post in stage.transport.sent]
    assert len(posts) == 1
    assert said in posts[0]
    with stage.app.units() as uow:
        kept = [uow.session.exec(select(table)).all() for table in (Record, RecordEntry, Ticket)]
    assert kept == [[], [], []]
    stage.engine.dispose()


@pytest.mark.parametrize(
    ("pack", "lines"),
    [
        ("dongping", ("老何>巡查 邪教没有发现", "老何>" + "今天天气很好，" * 300)),
        ("dongping", ("老何>巡查 邪教没有发现", "老何>？？？")),
        ("bayannur", ("李叔>随手拍 垃圾堆成山了", "李叔>" + "哈" * 3000)),
        ("bayannur", ("李叔>随手拍 垃圾堆成山了", "李叔>，，，")),
        ("zhenjiang", ("老李>走访 王奶奶 红 一个人住", "老李>走访 王奶奶 红 ⏎⏎")),
    ],
)
def test_what_is_no_answer_changes_nothing(
    understander: Understander, tmp_path: Path, pack: str, lines: tuple[str, str]
) -> None:
    stage = Stage(read_head(["略日报", *HEADS[pack]]), understander, tmp_path)
    stage.play(lines[0])
    with stage.app.units() as uow:
        before = [
            [row.model_dump() for row in uow.session.exec(select(table)).all()] for table in (RecordEntry, Ticket)
        ]
    stage.play(lines[1])
    with stage.app.units() as uow:
        after = [[row.model_dump() for row in uow.session.exec(select(table)).all()] for table in (RecordEntry, Ticket)]
    assert after == before
    stage.engine.dispose()

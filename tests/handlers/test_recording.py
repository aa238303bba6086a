"""What a village keeps beside tickets, where a transcript does not reach: pictures, budgets, words, packs."""

import hashlib
from pathlib import Path

import pytest
from sqlmodel import select
from transcript import ACCOUNT, Stage, read_head
from worlds import NOW

from bot.transports.base import Post
from handlers.discreet.exposing import named, personal
from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.patrols import Item
from handlers.record.checklist import OK, PROBLEM, read_round
from models.codes import PostKind, RecordKind
from models.masking import hidden, mask
from models.message import Attachment, AttachmentKind, Message
from models.record_tables import Record, RecordEntry
from nlp.understander import Understander

HEAD = [
    "规则 bayannur",
    "略日报",
    "群 一组",
    "群 二组",
    "人 李叔 居民 一组",
    "人 老李 微网格长 一组",
    "人 周书记 支部书记",
]
PICTURE = b"a notice board"
SENSITIVE = load_policy("bayannur").publications.sensitive


@pytest.fixture
def stage(understander: Understander, tmp_path: Path) -> Stage:
    return Stage(read_head(HEAD), understander, tmp_path)


def _picture(stage: Stage, message_id: str, data: bytes | None, text: str = "") -> list[str]:
    """周书记 sends a picture privately; returns what is sent because of it, pictures by their size."""
    attachment = Attachment(AttachmentKind.IMAGE, data=data)
    at = stage.driver.now
    stage.driver.say(Message(message_id, ACCOUNT, None, "周书记", text, at, "周书记", attachments=(attachment,)))
    return [post.text or f"{post.room} {len(post.picture or b'')}" for _, post in stage.driver.send()]


def _sent_by(stage: Stage, line: str) -> list[Post]:
    """What leaves because of a line."""
    before = len(stage.transport.sent)
    stage.play(line)
    return [post for _, post in stage.transport.sent[before:]]


def _records(stage: Stage, kind: RecordKind) -> list[Record]:
    with stage.app.units() as uow:
        return list(uow.session.exec(select(Record).where(Record.kind == kind)).all())


# -- publications -----------------------------------------------------------------------------------


def test_a_picture_goes_to_every_group_behind_the_words_once_it_is_agreed_to(stage: Stage) -> None:
    (asked,) = _picture(stage, "p1", PICTURE, "公开 水费 5月水费每吨3元，本月10日起收")
    assert "#1【水费】先没有发：图里有没有住户的姓名、电话、门牌？没有请回复「确认 1」" in asked
    assert "还没有公开" in "".join(stage.play("李叔>查公开 1"))
    assert "还没有公开过内容" in "".join(stage.play("李叔>查公开"))
    for stranger in ("李叔>确认 1", "老李>确认 1"):
        assert "这要由" in "".join(stage.play(stranger))
    posts = [post.text or f"{post.room} {len(post.picture or b'')}" for post in _sent_by(stage, "周书记>确认 1")]
    assert "公开到2个群" in posts[0]
    assert posts[1].startswith("【水费公开】5月水费每吨3元")
    assert [line for line in posts if line.startswith(("一组", "二组"))] == ["一组 14", "二组 14"]
    (record,) = _records(stage, RecordKind.PUBLICATION)
    assert (record.data["pictures"], record.data["held"]) == ([hashlib.sha256(PICTURE).hexdigest()], [])
    assert "没有等您看的图" in "".join(stage.play("周书记>确认 1"))


def test_a_picture_that_was_taken_back_or_waited_too_long_never_goes(stage: Stage) -> None:
    _picture(stage, "p1", PICTURE, "公开 其他 评议结果见图")
    stage.play("周书记>撤回 1")
    assert "已撤回" in "".join(stage.play("周书记>确认 1"))
    _picture(stage, "p2", PICTURE, "公开 其他 文化活动照片")
    stage.play("@+26h")
    assert "等了一天多" in "".join(stage.play("周书记>确认 2"))
    assert not [post for _, post in stage.transport.sent if post.picture]


def test_words_of_what_waits_can_be_put_right(stage: Stage) -> None:
    _picture(stage, "p1", PICTURE, "公开 水费 5月水费每吨3元，本月10日起收")
    assert "还没有群看到原文" in "".join(stage.play("周书记>更正 1 5月水费每吨4元"))
    assert "每吨4元" in "".join(post.text or "" for post in _sent_by(stage, "周书记>确认 1"))


def test_a_picture_that_follows_belongs_to_the_publication(stage: Stage) -> None:
    stage.play("周书记>公开 水费 5月水费每吨3元，本月10日起收")
    (asked,) = _picture(stage, "p1", PICTURE)
    assert asked.startswith("这1张图先没有发")
    sent = [post.text or f"{post.room} {len(post.picture or b'')}" for post in _sent_by(stage, "周书记>确认 1")]
    assert sent[0] == "1张图也发到同样的群，算在 #1 里。"
    assert sorted(sent[1:]) == ["一组 14", "二组 14"]
    stage.play("@+6m")
    assert _picture(stage, "p2", PICTURE) == [stage.app.setting.words.say("snap.how")]


def test_a_picture_of_which_nothing_came_is_named(stage: Stage) -> None:
    sent = _picture(stage, "p1", None, "公开 水费 5月水费每吨3元，本月10日起收")
    assert "1张图没收到" in sent[0]


def test_who_looks_it_up_gets_the_pictures_again(stage: Stage) -> None:
    _picture(stage, "p1", PICTURE, "公开 水费 5月水费每吨3元，本月10日起收")
    stage.play("周书记>确认 1")
    stage.play("@+2m")
    stage.play("李叔>查公开 1")
    _, post = stage.transport.sent[-1]
    assert (post.to, post.picture) == ("李叔", PICTURE)


def test_pictures_go_with_the_words_when_the_months_are_over(stage: Stage, tmp_path: Path) -> None:
    _picture(stage, "p1", PICTURE, "公开 水费 5月水费每吨3元，本月10日起收")
    assert list(tmp_path.iterdir())
    stage.play("@+380d")
    assert not list(tmp_path.iterdir())
    (record,) = _records(stage, RecordKind.PUBLICATION)
    assert (record.text, record.title) == ("", stage.app.setting.words.say("privacy.expired_title"))


def test_publicity_is_the_last_of_all_kinds() -> None:
    assert list(PostKind)[-1] is PostKind.PUBLICITY


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("电话13812345678", ["13812345678"]),
        ("3栋2单元501欠费", ["501"]),
        ("每户800元，共312户", []),
        ("5月10日到15日，每吨3.2元", []),
    ],
)
def test_what_would_be_masked_is_named_as_it_was_written(text: str, pieces: list[str]) -> None:
    assert personal(text) == pieces == hidden(text)
    assert (mask(text) == text) is (not pieces)


@pytest.mark.parametrize(
    "text",
    [
        "低保：张桂芳、李大爷，每月520元", "本月低保新增王五等3户", "停发低保：赵四", "残疾人补助 周小明 300元",
        "欠费的有孙二娘，请来交", "特困户主何秀英已安置",
    ],
)  # fmt: skip
def test_nobody_is_named_beside_poverty_or_debt(text: str) -> None:
    assert named(text, SENSITIVE) is not None


@pytest.mark.parametrize(
    "text",
    [
        "低保调整：新增3户，停发1户，金额每月520元", "低保周一公示，范围是全村，方式是现金", "低保户高温补贴每户200元",
        "张三、李四两家承包鱼塘，每亩500元", "残疾人补助何时发放：周五，万户以内", "5月欠费12户，余额见公示栏",
    ],
)  # fmt: skip
def test_figures_may_stand_beside_them(text: str) -> None:
    assert named(text, SENSITIVE) is None


# -- rounds -----------------------------------------------------------------------------------------

ITEMS = (
    Item(name="消防通道", words=("楼道", "消防")),
    Item(name="环境卫生", words=("卫生", "垃圾")),
    Item(name="纠纷"),
)


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("都正常", {}, True),
        ("消防、卫生都正常，无纠纷", {"消防通道": OK, "环境卫生": OK, "纠纷": OK}, False),
        ("没有纠纷，其余正常", {"纠纷": OK}, True),
        ("纠纷：无", {"纠纷": OK}, False),
        ("消防没有灭火器", {"消防通道": PROBLEM}, False),
        ("卫生不太好，别的都好", {"环境卫生": PROBLEM}, True),
        ("楼道堆了纸箱，还停了电瓶车", {"消防通道": PROBLEM}, False),
        ("今天天气不错", {}, False),
    ],
)
def test_a_round_is_read_item_by_item(text: str, found: dict[str, str], rest: bool) -> None:
    read = read_round(ITEMS, text)
    assert {name: value for name, (value, _) in read.found.items()} == found
    assert read.rest is rest


def test_words_behind_a_problem_belong_to_it() -> None:
    read = read_round(ITEMS, "消防：楼道堆了纸箱，还停了电瓶车。路灯不亮，天黑就摔跤")
    assert read.found["消防通道"] == (PROBLEM, "楼道堆了纸箱，还停了电瓶车，路灯不亮，天黑就摔跤")
    assert read_round(ITEMS, "路灯不亮，天黑就摔跤").loose == ["路灯不亮，天黑就摔跤"]


# -- visits -----------------------------------------------------------------------------------------


def test_notes_go_after_the_packs_months_and_the_file_with_its_last_visit(understander: Understander) -> None:
    head = ["规则 zhenjiang", "规定 visits.keep_months = 2", "略日报", "人 老李 微网格长 本群"]
    stage = Stage(read_head(head), understander)
    stage.play("老李>走访 王奶奶 红 腿脚不便")
    stage.play("@+40d")
    stage.play("老李>走访 王奶奶 绿 能下楼了")
    stage.play("@+25d")
    with stage.app.units() as uow:
        notes = uow.session.exec(select(RecordEntry)).all()
        assert [note.text for note in notes] == ["", "能下楼了"]
        (file,) = uow.session.exec(select(Record)).all()
        assert file.title == "王奶奶"
        assert file.due_at is not None
        assert file.due_at > NOW
    stage.play("@+40d")
    (file,) = _records(stage, RecordKind.VISIT)
    assert file.title == stage.app.setting.words.say("privacy.expired_title")
    assert not stage.play("老李>查走访 王奶奶")[0].count("能下楼")


def test_the_notes_of_somebody_who_is_forgotten_go(understander: Understander) -> None:
    stage = Stage(read_head(["规则 zhenjiang", "略日报", "人 老李 微网格长 本群", "人 周书记 支部书记"]), understander)
    stage.play("老李>走访 王奶奶 红 腿脚不便")
    stage.play("老李>忘记我")
    with stage.app.units() as uow:
        assert [note.text for note in uow.session.exec(select(RecordEntry)).all()] == [""]


# -- packs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[publications]\nroles = ["resident"]', "publications.roles"),
        ("[publications]\nkinds = []", "publications.kinds"),
        ('[visits]\nroles = ["town"]', "visits.roles"),
        ("[visits]\ncolours = []", "visits.colours"),
        ('[patrols]\nevery = "hour"', "patrols.every"),
        ('[patrols]\nitems = [{ name = "卫生" }, { name = "卫生" }]', "卫生"),
        ('[patrols]\nitems = [{ name = "卫生", category = "goods" }]', "goods"),
        ('[snapshots]\ntypes = [{ name = "脏", category = "labour" }]', "labour"),
        ('[snapshots]\nask = ["weather"]', "snapshots.ask"),
        ("[snapshots]\nurgencies = []", "snapshots.urgencies"),
        ("[visits]\nwhen = 3", "visits.when"),
    ],
)
def test_what_is_wrong_with_a_pack_is_named(tmp_path: Path, written: str, said: str) -> None:
    pack = tmp_path / "own.toml"
    pack.write_text(f'name = "own"\n{written}\n', encoding="utf-8")
    with pytest.raises(PolicyError, match=said):
        load_policy(str(pack))

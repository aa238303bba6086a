"""What leaders correct is kept as examples: which, how much of them, and for how long."""

from collections.abc import Callable
from pathlib import Path

import pytest
from transcript import Stage
from transcript_head import read_head

from handlers.policy import PACKS
from handlers.talk.feedback import NONE
from models.codes import FeedbackSource
from models.feedback_tables import Feedback
from nlp.understander import Understander

Play = Callable[..., Stage]
LEAK = "王阿姨：3栋2单元501三楼漏水了，没人管，电话13800001111"


@pytest.fixture
def play(understander: Understander, tmp_path: Path) -> Play:
    """Plays lines on a stage; keeping: with a policy that keeps words."""

    def run(*lines: str, keeping: bool = False, room: str = "开") -> Stage:
        default = (PACKS / "default.toml").read_text(encoding="utf-8")
        assert "keep_text = false" in default
        pack = tmp_path / "own.toml"
        pack.write_text(default.replace("keep_text = false", f"keep_text = {str(keeping).lower()}"), encoding="utf-8")
        stage = Stage(read_head([f"规则 {pack}", f"群 本群 {room}"]), understander)
        for line in lines:
            stage.play(line)
        return stage

    return run


def examples(stage: Stage) -> list[Feedback]:
    with stage.app.units.read() as uow:
        return list(uow.feedback.all())


def test_a_false_alarm_is_an_example_of_nothing(play: Play, understander: Understander) -> None:
    (example,) = examples(play(LEAK, "老李>误报 1 玩笑话"))
    assert (example.source, example.category, example.label) == (FeedbackSource.FALSE_ALARM, "plumbing", NONE)
    assert example.band == "act"
    assert example.score is not None
    assert example.score > 0.4
    assert example.model == understander.model_id
    assert example.features
    assert (example.text, example.ticket_id) == (None, None)


def test_another_category_is_the_right_label_and_the_first_one_what_was_heard(play: Play) -> None:
    rows = examples(play(LEAK, "老李>改 1 类别 环境卫生", "老李>改 1 类别 环境卫生", "老李>改 1 类别 绿化"))
    assert [(row.category, row.label) for row in rows] == [("plumbing", "sanitation"), ("plumbing", "greenery")]
    assert {row.source for row in rows} == {FeedbackSource.RECATEGORISED}


def test_a_resident_who_corrects_his_own_teaches_nobody(play: Play) -> None:
    assert examples(play(LEAK, "王阿姨>改 1 类别 环境卫生")) == []


def test_signals_are_confirmed_or_dropped(play: Play) -> None:
    rows = examples(play(LEAK, "李叔：垃圾桶满了没人倒", "老李>确认 S1", "老李>忽略 S2", room="询问", keeping=True))
    assert [(row.source, row.category, row.label, row.band) for row in rows] == [
        (FeedbackSource.CONFIRMED, "plumbing", "plumbing", "ask"),
        (FeedbackSource.DROPPED, "sanitation", NONE, "ask"),
    ]
    assert rows[0].text is not None
    assert rows[1].text is None, "what was dropped is gone"
    assert rows[1].features


def test_words_are_kept_masked_and_only_where_the_policy_allows_it(play: Play) -> None:
    (example,) = examples(play(LEAK, "老李>误报 1", keeping=True))
    assert example.text is not None
    assert "漏水" in example.text
    assert "501" not in example.text
    assert "13800001111" not in example.text
    assert example.ticket_id is not None


def test_words_go_with_the_signals_and_the_example_stays(play: Play) -> None:
    stage = play(LEAK, "老李>误报 1", "@+6d", keeping=True)
    assert examples(stage)[0].text is not None
    stage.play("@+2d")
    (example,) = examples(stage)
    assert (example.text, example.ticket_id) == (None, None)
    assert example.features


def test_who_is_forgotten_leaves_no_words(play: Play) -> None:
    (example,) = examples(play(LEAK, "老李>误报 1", "王阿姨>忘记我", keeping=True))
    assert (example.text, example.ticket_id) == (None, None)
    assert example.label == NONE


@pytest.mark.parametrize(
    "said",
    [
        "我真的不想活了，活着没意思",
        "大家一起去市政府上访讨说法",
        "我老公又打我了",
    ],
)
def test_of_what_must_be_guarded_only_the_label_is_kept(play: Play, said: str) -> None:
    # Of harm one alone does not say that it is none.
    (example,) = examples(play(f"小陈：{said}", "老李>忽略 其余", "周书记>忽略 S1", room="询问", keeping=True))
    assert example.label == NONE
    assert example.category
    assert (example.band, example.score, example.model, example.features, example.text, example.ticket_id) == (
        None, None, None, [], None, None,
    )  # fmt: skip


def test_nothing_is_learned_from_erased_words(play: Play) -> None:
    stage = play(LEAK, "李叔：我家也漏水了", "王阿姨>忘记我", "老李>误报 1", keeping=True)
    (example,) = examples(stage)
    assert example.features == []
    assert example.text is None


def test_no_column_can_hold_a_person() -> None:
    assert not any("person" in name or "actor" in name for name in Feedback.model_fields)

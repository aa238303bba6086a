"""An explanation is what understanding did, not a second opinion."""

import json
from importlib.resources import files

import pytest

from nlp.understander import Understander

LINES = [
    "三楼漏水了，没人管",
    "今天天气真好",
    "我真的不想活了",
    "修好了，谢谢师傅",
    "电梯又坏了，有人被困在里面",
    "3栋2单元",
    "",
    " \u200b",
    "😀😀",
    "老板欠我三个月工资不给",
]


def corpus(count: int) -> list[str]:
    """Some lines of the corpus, spread over all of it."""
    folder = files("nlp").joinpath("corpus")
    lines = [
        json.loads(line)["text"]
        for path in sorted(path.name for path in folder.iterdir() if path.name.endswith(".jsonl"))
        for line in folder.joinpath(path).read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return lines[:: max(1, len(lines) // count)]


def test_the_outcome_is_that_of_understanding(ear: Understander) -> None:
    for text in [*LINES, *corpus(400)]:
        assert ear.explain(text).outcome == ear.understand(text), text


def test_what_left_at_the_first_scores_is_not_weighed(ear: Understander) -> None:
    found = ear.explain("今天天气真好")
    assert found.weighing is None
    assert found.first < found.gate


def test_the_pulls_of_a_text_add_up_to_what_decided(ear: Understander) -> None:
    model = ear._model
    for text in ("三楼漏水了，没人管", "电梯又坏了，有人被困在里面"):
        found = ear.explain(text)
        assert found.weighing is not None
        column = 1 + model.needs.index(found.outcome.category)
        heads = model(ear._read(ear._normalise(text))).heads
        bias = float(model._bias[0] + model._bias[column])
        decided = heads[model.heads[0]] + heads[found.outcome.category] - bias
        assert sum(value for _, value in found.weighing.pulls) == pytest.approx(decided, abs=1e-3)
        values = [value for _, value in found.weighing.pulls]
        assert values == sorted(values, reverse=True)


def test_features_are_numbers_in_order_and_hold_no_order_of_words(ear: Understander) -> None:
    rows = ear.features("三楼漏水了，没人管")
    assert rows
    assert list(rows) == sorted(set(rows))
    assert rows == ear.features("三楼漏水了，没人管")
    assert len(ear.model_id) == 12


def test_numbers_of_rooms_and_phones_leave_no_feature(ear: Understander) -> None:
    assert ear.features("我住501，漏水了") == ear.features("我住502，漏水了")

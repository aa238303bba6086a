"""The words of 必报 in the packs say what they mean: measured on the corpus, on lines that are no matter of anybody."""

import json
from pathlib import Path

import pytest

from handlers.policy import load_policy

CORPUS = Path("nlp/corpus")
MOST = 8
"""Of 24,000 lines that are nothing; the words of one or two characters that stood there first fired on 87."""
NO_REPORT = (
    "这就是咱老同志的精神面貌，大家辛苦了",
    "写到凌晨一点，江边还在唱最炫民族风",
    "那条大黑狗是警犬退役的，拴好了",
    "楼下棋牌室彻夜亮灯，学习精神可嘉",
    "隔壁市暖气管爆了上热搜，看着都冷",
    "这杯奶茶甜到要出人命",
    "外国友人来看涉外酒店的灯光",
    "宗教课的书有人要吗",
)
REPORT = (
    ("楼上闻到燃气味，刺鼻得很", "两安全"),
    ("好多人围着售楼部不让走", "三重大"),
    ("集资那家公司的老板欠我钱不还", "四涉及"),
    ("3楼有个独居老人三天没出门了", "五群体"),
    ("隔壁那个刑满出来的又在敲门", "五群体"),
    ("楼下那人精神病犯了在砸车", "五群体"),
)


def _groups(text: str) -> list[str]:
    return [group.name for group in load_policy("zhenjiang").telling.must_report if any(w in text for w in group.words)]


def test_few_lines_of_ordinary_talk_hold_one_of_the_words() -> None:
    words = [word for group in load_policy("zhenjiang").telling.must_report for word in group.words]
    fired = []
    for path in sorted(CORPUS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if '"none"' in line and any(word in line for word in words):
                entry = json.loads(line)
                fired += [entry["text"]] if entry["kind"] == "none" else []
    assert len(fired) <= MOST, fired


@pytest.mark.parametrize("text", NO_REPORT)
def test_what_only_sounds_like_it_is_none(text: str) -> None:
    assert _groups(text) == []


@pytest.mark.parametrize(("text", "name"), REPORT)
def test_what_must_be_told_is_told(text: str, name: str) -> None:
    assert _groups(text) == [name]

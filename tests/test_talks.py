"""The evaluation of whole conversations: that its arithmetic is right, not how good the figures are."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.beside import LINE, Fate, beside, fate_of
from bench.talk_match import Found, compare
from bench.talks import SMOKE, diff, figures, run
from nlp.corpus_files import CORPUS, Line, read_corpus
from nlp.talks import TALKS, Expected, Said, Talk, read_talks
from nlp.talks_import import import_pass
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander
from nlp.understanding import Band

LEAK = Expected("complaint", "plumbing", "3楼", ("m1", "m2", "m4"), ("王阿姨", "李叔"))
LAMP = Expected("complaint", "road_facility", None, ("m3",), ("孙伯",))
WRONG_ROOM = Expected("complaint", "lift", None, ("m5",), ("小陈",), withdrawn=True)


def found(*messages: str, kind: str = "complaint", act: bool = True, withdrawn: bool = False, who: str = "") -> Found:
    people = tuple(who.split()) or ("王阿姨", "李叔")
    return Found("#1", kind, "plumbing", "3楼", messages, people, act=act, withdrawn=withdrawn)


def counts(expected: list[Expected], *ones: Found) -> Counter[str]:
    return +compare(expected, ones).counts


def test_a_matter_with_all_its_messages_is_right() -> None:
    right = counts([LEAK], found("m1", "m2", "m4"))
    assert right["right"] == right["joined"] == right["people"] == right["category"] == right["place"] == 1
    assert not {"partly", "missed", "extra_tickets", "split", "mixed"} & right.keys()


def test_a_matter_with_some_of_its_messages_is_right_but_for_joins() -> None:
    partly = counts([LEAK], found("m1", "m9", who="王阿姨"))
    assert (partly["partly"], partly["right"], partly["joined"], partly["people"]) == (1, 0, 0, 0)
    assert (partly["messages_wanted"], partly["messages_held"], partly["messages_right"]) == (3, 2, 1)


def test_another_kind_is_neither_right_nor_missed() -> None:
    wrong = counts([LEAK], found("m1", "m2", "m4", kind="wish"))
    assert (wrong["wrong_kind"], wrong["right"], wrong["missed"], wrong["category"]) == (1, 0, 0, 0)


def test_the_second_ticket_of_one_matter_is_extra_and_a_split() -> None:
    split = counts([LEAK], found("m1", "m2"), found("m4"))
    assert (split["partly"], split["split"], split["extra_tickets"], split["joined"]) == (1, 1, 1, 0)


def test_one_ticket_for_two_matters_is_mixed_and_one_is_missed() -> None:
    mixed = counts([LEAK, LAMP], found("m1", "m2", "m3", "m4"))
    assert (mixed["mixed"], mixed["missed"], mixed["partly"], mixed["joined"]) == (1, 1, 1, 0)


def test_a_signal_that_nobody_wanted_is_no_ticket() -> None:
    extra = counts([], found("m7", act=False), found("m8"))
    assert (extra["extra_signals"], extra["extra_tickets"]) == (1, 1)


@pytest.mark.parametrize(
    ("ones", "right", "extra"),
    [
        ((), 1, 0),
        ((found("m5", withdrawn=True),), 1, 0),
        ((found("m5"),), 0, 0),
        ((found("m9", withdrawn=True),), 1, 1),
    ],
)
def test_taken_back(ones: tuple[Found, ...], right: int, extra: int) -> None:
    told = counts([WRONG_ROOM], *ones)
    assert (told["taken_back_right"], told["extra_tickets"], told["missed"]) == (right, extra, 0)


def test_the_smoke_run_plays_and_prints(understander: Understander) -> None:
    talks = list(read_talks(splits=("dev",)))[:SMOKE]
    results = run(talks, understander)
    assert [result.talk for result in results] == talks
    assert any(result.found for result in results)
    total: Counter[str] = sum((result.both.counts for result in results), Counter())
    assert total["wanted"] == total["right"] + total["partly"] + total["wrong_kind"] + total["missed"]
    assert figures([result.both for result in results]) == figures([result.both for result in results])
    assert talks[0].messages[0].text in diff(results[0])


@pytest.mark.parametrize(
    ("ones", "fate"),
    [
        ((), Fate.LOST),
        ((found("m1", LINE),), Fate.JOINED),
        ((found(LINE),), Fate.OWN),
        ((found("m9", LINE, act=False),), Fate.QUIETER),
    ],
)
def test_what_became_of_a_line_behind_other_talk(ones: tuple[Found, ...], fate: Fate) -> None:
    said = (Said("m1", "王阿姨", 0, "漏水"), Said("m9", "小陈", 9, "还有"), Said(LINE, "小陈", 20, "路灯坏了"))
    assert fate_of(Talk("t", "P4", "", said, (LEAK,)), ones, Band.ACT) is fate


def test_a_line_stands_behind_talk_of_something_else() -> None:
    line = Line("l", "A02", "路灯坏了", "complaint", "road_facility", None, "")
    said = tuple(Said(f"m{at}", "李叔", at, "话") for at in range(20))
    talks = [Talk("lamp", "P4", "", said, (LAMP,)), Talk("leak", "P4", "", said, (LEAK,))]
    for seed in range(20):
        talk = beside(line, talks, random.Random(seed), one_of_them=seed % 2 == 0)
        assert (talk.id, talk.messages[0].at) == ("leak", 0)
        assert 3 <= len(talk.messages) - 1 <= 8
        assert talk.messages[-1].sender == ("李叔" if seed % 2 == 0 else "刚来的")


def test_the_conversations_are_apart_from_the_lines() -> None:
    assert TALKS.is_relative_to(CORPUS)
    assert not {line.voice for line in read_corpus()} & {talk.voice for talk in read_talks()}
    assert len(list(read_talks())) >= 400


def test_the_import_names_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "X1.txt"
    path.write_text(
        "= X1-01 a leak\nm1|王阿姨|0|三楼漏水 [图]\nm2|李叔|9|[位置:村口] 我家也是 >m1\n"
        "T|complaint|plumbing|3楼|m1,m2|王阿姨,李叔\nT|wish|plumbing|-|m1|王阿姨\nm3|李叔|8|倒着走\n",
        encoding="utf-8",
    )
    talks, errors = import_pass(path, Taxonomy.load())
    assert [error.split(":")[1] for error in errors] == ["5", "6"]
    first, second = talks[0]["messages"]
    assert (first["text"], first["pictures"]) == ("三楼漏水", 1)
    assert (second["text"], second["place"], second["quote"]) == ("我家也是", "村口", "m1")
    assert talks[0]["tickets"][0]["requesters"] == ["王阿姨", "李叔"]


def test_the_command_says_how_it_is_used() -> None:
    told = subprocess.run([sys.executable, "-m", "nlp.talks_import"], capture_output=True, text=True, check=False)
    assert told.returncode != 0
    assert "FOLDER" in told.stderr

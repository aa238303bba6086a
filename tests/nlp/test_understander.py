"""Plain cases, quiet cases and bad input, through the whole pipeline."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp.understander import Understander
from nlp.understanding import Band, Cue, Flag, Kind, Urgency

HEARD = [
    ("三楼漏水了，没人管", "complaint", "plumbing"),
    ("3栋2单元電梯又壞了", "complaint", "lift"),
    ("楼道里垃圾好几天没人清，臭死了", "complaint", "sanitation"),
    ("门口路灯不亮了，老人晚上都不敢出门", "complaint", "road_facility"),
    ("消防通道又被车堵死了", "complaint", None),
    ("谁家有不用的轮椅，借我妈用几天", "wish", "goods"),
    ("家里灯坏了，谁能帮忙修一下", "wish", "home_repair"),
    ("老板欠我三个月工资不给", "dispute", "labour"),
    ("房东不退押金还骂人", "dispute", "rental"),
]

QUIET = [
    "今天天气真好",
    "收到，谢谢",
    "哈哈哈笑死我了",
    "晚上吃什么",
    "物业电话多少",
    "明天9点到17点停水，请大家提前储水",
    "专业疏通下水道，开锁换锁",
    "修好了，谢谢师傅",
    "发错群了不好意思",
    "要是电梯坏了怎么办",
    "昨天电视里那个着火的太吓人了",
    "我家没停电啊",
    "好的",
    "+1",
    "我家也是",
]


@pytest.mark.parametrize(("text", "kind", "category"), HEARD)
def test_plain_matters_are_heard(ear: Understander, text: str, kind: str, category: str | None) -> None:
    heard = ear.understand(text)
    assert heard.kind == kind
    assert category in (None, heard.category)
    assert heard.band is not Band.IGNORE
    assert heard.score > 0.05


@pytest.mark.parametrize("text", QUIET)
def test_talk_is_left_alone(ear: Understander, text: str) -> None:
    heard = ear.understand(text)
    assert heard.kind is Kind.NONE
    assert heard.band is Band.IGNORE


@pytest.mark.parametrize("text", [text for text, _, _ in HEARD])
def test_evidence_is_one_to_four_readable_pieces(ear: Understander, text: str) -> None:
    evidence = ear.understand(text).evidence
    assert 1 <= len(evidence) <= 4
    for piece in evidence:
        assert piece in text
        assert any(char.isalnum() for char in piece)


@pytest.mark.parametrize(
    "text", ["5栋着火了！！快来人", "3栋电梯里困住人了，快救人", "我家孩子不见了，五岁穿红衣服", "楼道里好大的煤气味"]
)
def test_emergencies_are_acted_on(ear: Understander, text: str) -> None:
    heard = ear.understand(text)
    assert heard.urgency is Urgency.EMERGENCY
    assert heard.band is Band.ACT


@pytest.mark.parametrize(
    "text",
    [
        "明天消防演练，看到浓烟不要慌",
        "昨晚看电视剧里着火了",
        "热得我快着火了哈哈",
        "孩子找到了，谢谢大家",
        "看错了不是着火",
    ],
)
def test_talk_of_emergencies_is_none(ear: Understander, text: str) -> None:
    assert ear.understand(text).urgency is not Urgency.EMERGENCY


@pytest.mark.parametrize("text", ["大家一起去市政府门口拉横幅", "明天都去信访局上访，一家出一个人"])
def test_petitions_are_never_more_than_asked(ear: Understander, text: str) -> None:
    heard = ear.understand(text)
    assert heard.band is not Band.ACT


def test_words_of_suicide_are_asked_whatever_the_score(ear: Understander) -> None:
    heard = ear.understand("我不想活了")
    assert heard.band is Band.ASK
    assert Flag.SUICIDE in heard.flags


def test_flags(ear: Understander) -> None:
    assert Flag.VIOLENCE in ear.understand("老公又打我了，我不敢回家，谁能帮帮我").flags


@pytest.mark.parametrize(
    "text",
    [
        "我老公打我，打得我一身伤",
        "他又打我了",
        "男人喝了酒就动手",
        "隔壁男的又在打老婆了",
        "女儿又让女婿打了，脸都肿了",
    ],
)
def test_blows_at_home_are_always_asked_in_private(ear: Understander, text: str) -> None:
    heard = ear.understand(text)
    assert heard.band is not Band.IGNORE
    assert heard.kind is Kind.DISPUTE
    assert Flag.VIOLENCE in heard.flags
    assert len(heard.evidence[0]) > 1


@pytest.mark.parametrize(
    "text",
    [
        "他打我电话了",
        "老公喊我去打麻将",
        "昨晚电视剧里男的又打老婆",
        "笑死，你打我呀",
        "他又打我一下午麻将",
        "给他打个电话",
    ],
)
def test_no_blows(ear: Understander, text: str) -> None:
    assert Flag.VIOLENCE not in ear.understand(text).flags


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("幼儿园门口路灯坏了", Flag.MINOR),
        ("女儿墙裂了一条缝要掉下来", Flag.MINOR),
        ("电动车堵门，进都进不去", Flag.PETITION),
        ("电梯又罢工了", Flag.PETITION),
    ],
)
def test_no_flag_for_places_and_things(ear: Understander, text: str, flag: Flag) -> None:
    heard = ear.understand(text)
    assert heard.band is not Band.IGNORE
    assert flag not in heard.flags


def test_the_flags_of_people(ear: Understander) -> None:
    assert Flag.MINOR in ear.understand("幼儿园老师打人，脸上都有手印").flags
    assert Flag.PETITION in ear.understand("大家明天一起去堵门").flags


@pytest.mark.parametrize("text", ["3栋楼道灯坏了3天没人修", "电梯停了5天", "路灯坏了两盏"])
def test_evidence_has_no_lone_number(ear: Understander, text: str) -> None:
    assert all(len(piece) > 1 and not piece.isdigit() for piece in ear.understand(text).evidence)


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("俺家从昨晚也没有", Cue.JOIN),
        ("当我没讲", Cue.RETRACT),
        ("看错了看错了，是隔壁的", Cue.RETRACT),
        ("我家也是", Cue.JOIN),
        ("+1", Cue.JOIN),
        ("＋１", Cue.JOIN),
        ("同上", Cue.JOIN),
        ("还没修", Cue.UPDATE),
        ("修好了", Cue.SETTLED),
        ("谢谢大家", Cue.THANKS),
        ("发错群了", Cue.RETRACT),
        ("看错了，不好意思", Cue.RETRACT),
        ("三楼那个", Cue.FRAGMENT),
    ],
)
def test_cues(ear: Understander, text: str, cue: Cue) -> None:
    assert cue in ear.understand(text).cues


@pytest.mark.parametrize(("text", "cue"), [("打错了，是5栋", Cue.RETRACT), ("我也不知道", Cue.JOIN)])
def test_no_cue(ear: Understander, text: str, cue: Cue) -> None:
    assert cue not in ear.understand(text).cues


@pytest.mark.parametrize("text", ["通了一半走了", "没修好", "修好了吗", "什么时候能修好啊", "还没修好"])
def test_not_settled(ear: Understander, text: str) -> None:
    assert Cue.SETTLED not in ear.understand(text).cues


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t\u3000",
        "😂😂😂",
        "[捂脸]",
        "\u200b\u200b",
        "\ud800",
        "\x00\x01",
        "。。。。",
        "<b>hi</b>",
        "«»‏‮",
        "a" * 3000,
        "@张三 ",
    ],
)
def test_empty_and_odd_input_is_chat(ear: Understander, text: str) -> None:
    assert ear.understand(text).band is Band.IGNORE


def test_a_megabyte_takes_no_longer_than_its_beginning(ear: Understander) -> None:
    text = "楼道里垃圾没人清，3栋2单元电梯坏了！" * 60_000
    start = time.perf_counter()
    ear.understand(text)
    assert time.perf_counter() - start < 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(), max_size=80)
    | st.text("漏水电梯坏了谁能帮我3栋二单元煤气着火\u200b\ud800[]@「」+1", max_size=40)
)
def test_anything_is_understood(ear: Understander, text: str) -> None:
    heard = ear.understand(text)
    assert 0 <= heard.score <= 1
    assert (heard.kind is Kind.NONE) == (heard.band is Band.IGNORE)
    assert all(piece in text for piece in heard.evidence)
    assert heard == ear.understand(text)


def test_many(ear: Understander) -> None:
    texts = ["三楼漏水了，没人管", "哈哈", ""]
    assert ear.understand_many(texts) == [ear.understand(text) for text in texts]


@pytest.mark.parametrize(
    "text", ["那个刑满释放的住在3栋，门口堆了一堆垃圾", "3栋吸毒的那户，楼道里丢了好多针头，谁来管管"]
)
def test_somebody_named_by_what_he_was(ear: Understander, text: str) -> None:
    assert Flag.FORMER in ear.understand(text).flags
    assert Flag.FORMER.value in ear.delicate(text)


@pytest.mark.parametrize("text", ["垃圾放出来没人收，臭死了", "去戒毒所路口的路灯坏了", "3栋门口疯狗咬人了"])
def test_nobody_is_named_there(ear: Understander, text: str) -> None:
    assert Flag.FORMER not in ear.understand(text).flags

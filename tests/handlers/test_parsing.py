"""Reading a line as a command: the tolerant forms, the rules against collision, and any text at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.commands import COMMANDS
from handlers.numbers import is_bare_number, number_of
from handlers.parsing import Args, Parsed, Parser, order_words
from handlers.registry import Command
from nlp.normalise import Normaliser

SPELLINGS = order_words([word for command in COMMANDS for word in command.spellings()])
PARSER = Parser(SPELLINGS, ("小哨",), Normaliser().fold)
NAMES = {word.text: word.command for word in SPELLINGS}
NUMBERED = [word for word in SPELLINGS if word.needs.value.startswith("number")]


def read(text: str, *, mentioned: bool = False) -> Parsed | None:
    return PARSER.parse(PARSER.line(text, mentioned=mentioned))


def name(word: str) -> str:
    """The first spelling of the command that a line was read as."""
    return word.partition(":")[0]


# -- the registry reads itself ------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_is_read_as_its_own_command(command: Command) -> None:
    parsed = read(command.example)
    assert parsed is not None
    assert name(parsed.command) in {command.words[0], NAMES.get(command.example.split()[0], "").partition(":")[0]}
    assert command.example.startswith(command.words)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
@pytest.mark.parametrize("address", ["@小哨 ", "小哨，", "＠小哨\u2005", "小哨 小哨 ", "小哨："])
def test_every_example_is_read_behind_every_address(command: Command, address: str) -> None:
    line = PARSER.line(address + command.example, mentioned=False)
    assert line.addressed
    assert PARSER.parse(line) == read(command.example)


def test_no_spelling_belongs_to_two_commands_that_need_the_same() -> None:
    taken = [(word.text, word.needs) for word in SPELLINGS]
    assert len(taken) == len(set(taken))


# -- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "受理 12",
        "受理12",
        "受理#12",
        "受理 #12",
        "受理 ＃１２",
        "受理 12号",
        "受理十二号",
        "受理 十二号",
        "受理 十二",
        "受理 一二",
        "受理，12",
        "受理：12",
        "受理 第12号",
        "受理 编号12",
        "受理 工单12",
        "受理 No.12",
        "受理　１２",
        "12 受理",
        "#12 受理",
        "12号 受理",
        "十二号 受理",
        "已受理 12",
        "受理 12。",
        "受理 12！",
    ],
)
def test_a_number_may_be_written_in_many_ways(line: str) -> None:
    parsed = read(line)
    assert parsed is not None
    assert (name(parsed.command), parsed.args.number) == ("受理", 12)
    assert parsed.whole


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("办结 12 换了阀门", Args(12, None, "换了阀门")),
        ("辦結 12 換了閥門", Args(12, None, "換了閥門")),
        ("办结12，换了阀门", Args(12, None, "换了阀门")),
        ("办结 12：换了 3 个阀门。", Args(12, None, "换了 3 个阀门。")),
        ("#12 办结 换了阀门", Args(12, None, "换了阀门")),
        ("转办 2 小马", Args(2, None, "小马")),
        ("转办 2 @小马", Args(2, None, "@小马")),
        ("查 东坑-12", Args(12, "东坑")),
        ("查东坑村-十二号", Args(12, "东坑村")),
        ("办结 2 路灯修好了", Args(2, None, "路灯修好了")),
        ("办结 2 楼道清干净了", Args(2, None, "楼道清干净了")),
        ("处理 1 天亮就去", Args(1, None, "天亮就去")),
        ("确认 S3 S5", Args(signals=(3, 5))),
        ("确认s3，ｓ5", Args(signals=(3, 5))),
        ("确认 S3 和 S3", Args(signals=(3,))),
        ("确认 北坡-S3、S4", Args(signals=(3, 4), signal_scopes=("北坡", ""))),
        ("忽略 其余", Args(rest=True)),
        ("忽略", Args()),
        ("登记 三楼漏水了，没人管", Args(text="三楼漏水了，没人管")),
        ("不满意 12 还在漏", Args(12, None, "还在漏")),
    ],
)
def test_what_a_command_is_given(line: str, expected: Args) -> None:
    parsed = read(line)
    assert parsed is not None
    assert parsed.args == expected


@pytest.mark.parametrize("text", ["12", "#12", "12号", "十二号", "第12号", " 12 ", "１２"])
def test_a_bare_number_wants_nothing(text: str) -> None:
    assert is_bare_number(PARSER.line(text, mentioned=True).plain)


@pytest.mark.parametrize("text", ["12 怎么样了", "3栋", "三楼漏水", "", "东坑-12"])
def test_a_number_with_words_wants_something(text: str) -> None:
    assert not is_bare_number(text)


def test_words_behind_a_lookup_need_an_address() -> None:
    for line in ("查 12 怎么样了", "认领 1 个快递"):
        parsed = read(line)
        assert parsed is not None
        assert parsed.args.number is not None
        assert not parsed.whole


def test_the_longest_word_wins() -> None:
    parsed = read("不满意 12")
    assert parsed is not None
    assert name(parsed.command) == "不满意"


@given(st.integers(1, 9999))
def test_chinese_numbers_are_read_back(value: int) -> None:
    assert number_of(_chinese(value)) == value
    assert number_of(str(value)) == value


def _chinese(value: int) -> str:
    """1203 → 一千二百零三."""
    digits, text, gap = "零一二三四五六七八九", "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            text += ("零" if gap and text else "") + digits[digit] + name
        gap = not digit
    return text


# -- talk ---------------------------------------------------------------------------------------

TALK = [
    "",
    "12",
    "#12",
    "十二号",
    "完成3栋的核酸登记了",
    "完成 3 栋的核酸登记了",
    "查2栋的水表",
    "确认2个人来",
    "认领3个快递",
    "处理2次了",
    "满意1个人都没有",
    "一般2点睡觉",
    "改3楼了",
    "受理一下",
    "查一下",
    "满意一些",
    "同意三家合租",
    "我的满意",
    "今天天气不错",
    "3栋2单元三楼漏水了",
    "12号楼下的灯坏了",
    "确认一下吧",
    "改天再说",
    "查水表的来了",
    "菜单上有什么",
    "帮助别人快乐自己",
    "心愿是世界和平",
]


@pytest.mark.parametrize("line", TALK)
def test_talk_never_acts_without_the_bot_being_called(line: str) -> None:
    read_line = PARSER.line(line, mentioned=False)
    parsed = PARSER.parse(read_line)
    assert not read_line.addressed
    assert parsed is None or not parsed.whole


@pytest.mark.parametrize(
    "line", ["我的", "满意", "不满意", "心愿", "安静", "确认", "忽略", "菜单", "登记", "同意", "登记 三楼漏水了"]
)
def test_words_of_every_day_need_an_address_or_a_quote(line: str) -> None:
    parsed = read(line)
    assert parsed is not None
    assert not parsed.whole


@pytest.mark.parametrize("place", "栋楼单元座室幢层户")
@pytest.mark.parametrize("word", NUMBERED, ids=lambda word: word.text)
def test_a_number_before_a_place_word_is_none_unless_the_line_ends_there(word: object, place: str) -> None:
    text = getattr(word, "text", "")
    for line in (f"{text}3{place}的水表", f"{text} 3{place}的水表"):
        parsed = read(line)
        assert parsed is None or parsed.args.number is None, line


# -- who is spoken to ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["@小哨 你好", "小哨，你好", "小哨 你好", "你好 @小哨", "小哨查12", "小哨", "小哨小哨，你好", "＠小哨你好"]
)
def test_the_bot_is_spoken_to(line: str) -> None:
    assert PARSER.line(line, mentioned=False).addressed


@pytest.mark.parametrize("line", ["小哨兵来了", "小哨的声音", "昨天小哨说什么了", "@小哨兵 你好", "小哨他爸"])
def test_the_bot_is_spoken_of(line: str) -> None:
    assert not PARSER.line(line, mentioned=False).addressed


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("受埋 1", "受理"),
        ("办节 1 好了", "办结"),
        ("理受 1", "受理"),
        ("满竟 1", "满意"),
        ("人领 3", "认领"),
        ("不满易 3", "不满意"),
        ("今天天气不错", None),
        ("巷子口的石墩子歪了", None),
    ],
)
def test_a_mistyped_word_is_guessed(line: str, meant: str | None) -> None:
    guess = PARSER.near_miss(PARSER.line(line, mentioned=True))
    if meant is None:
        assert guess is None
    else:
        assert guess is not None
        assert name(NAMES[guess]) == meant


# -- any text at all ----------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(word.text for word in SPELLINGS),
        "@",
        "小哨",
        "＠小哨",
        "#",
        "12",
        "号",
        "十二",
        "S3",
        "s",
        "-",
        "栋",
        "，",
        "\u2005",
        "\n",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=12).map("".join))


@given(TEXTS, st.booleans())
def test_any_text_is_read_without_an_error(text: str, mentioned: bool) -> None:
    line = PARSER.line(text, mentioned=mentioned)
    assert len(line.said) == len(line.plain)
    assert line.addressed or not mentioned
    PARSER.near_miss(line)
    parsed = PARSER.parse(line)
    if parsed is None:
        return
    assert parsed.args.number is None or parsed.args.number > 0
    assert parsed.args.text == parsed.args.text.strip()
    assert parsed.args.text in line.said
    if parsed.whole:
        assert parsed.args.number is not None or parsed.args.signals


@given(st.sampled_from(NUMBERED), st.integers(1, 999_999), st.text(alphabet="换好阀门，修了ABC", max_size=20))
def test_a_command_with_a_number_keeps_number_and_words(word: object, number: int, words: str) -> None:
    text, needs = getattr(word, "text", ""), getattr(word, "needs", None)
    parsed = read(f"{text} {number} {words}")
    if getattr(needs, "value", "") == "number":
        return  # takes no words
    assert parsed is not None
    assert parsed.command == getattr(word, "command", "")
    assert parsed.args.number == number
    assert parsed.args.text == words.lstrip("，")


@given(st.text(max_size=200).map(lambda text: text * 500))
def test_long_texts_are_read_too(text: str) -> None:
    read(text)

"""xiaoshao policy check: every mistake at once, each with its line, its key and what to do."""

from pathlib import Path

import pytest
from processes import xiaoshao

from bot.policies import FINE, checked
from handlers.policy import PACKS, load_policy
from handlers.policy.checking import PolicyError

PACK = """name = "own"
numbr_scope = "village"
[quite]
from = "22:00"
[hearing]
act_within_hours = "a"
signal_days = 30
[calendar]
holidays = ["2026-13-01"]
[deadlines.complaint]
respond_hours = 90
[deadlines.category.liftt]
respond_hours = 1
[disputes]
quarrels = ["noisee"]
[digest]
monthly = "31 08:30"
[points.rules.wish_dne]
name = "x"
points = 1
[boards.grids]
weights = { handling = 50 }
[wishes.category.activity]
helpers = 0
[words.ack]
heard = "{x}"
hearrd = "x"
[[routing.steps]]
level = "village"
name = "甲"
who = []
[[routing.steps]]
level = "village"
name = "乙"
respond_hours = 90
solve_days = 1
"""


def own(folder: Path, text: str) -> str:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", [file.stem for file in PACKS.glob("*.toml")])
def test_the_packs_are_right(name: str) -> None:
    assert checked(name) == ([FINE], True)


def test_everything_is_named_at_once(tmp_path: Path) -> None:
    lines, usable = checked(own(tmp_path, PACK))
    assert not usable
    assert lines == [
        "✗ own.toml 第 2 行 numbr_scope：没有「numbr_scope」这一项，想写的可能是「number_scope」，请改好。",
        "✗ own.toml 第 3 行 quite：没有「quite」这一项，想写的可能是「quiet」，请改好。",
        '✗ own.toml 第 6 行 hearing.act_within_hours：要写数，不带引号。现在写的是 "a"。',
        "✗ own.toml 第 7 行 hearing.signal_days：不能大于 7。现在写的是 30。",
        '✗ own.toml 第 9 行 calendar.holidays[1]：要写日期，例如 "2026-10-01"。现在写的是 "2026-13-01"。',
        "✗ own.toml 第 10 行 deadlines.complaint：受理要 90 个工时，办好只给 35 个工时："
        "请把 respond_hours 改小，或把 solve_days 改大。",
        "✗ own.toml 第 12 行 deadlines.category.liftt.solve_days：少了 solve_days，请补上。",
        "✗ own.toml 第 15 行 disputes.quarrels：noisee 不是类别，可用的见 nlp/lexicons/taxonomy.tsv 的 code 一列。",
        '✗ own.toml 第 17 行 digest.monthly：请写成 "1 08:30" 这样（1 到 28 号）。',
        "✗ own.toml 第 18 行 points.rules.wish_dne：wish_dne 不是积分规则，可用的有：wish_done、matter_done、"
        "company_done、dispute_solved、signal_confirmed、reported、patrol_done、visit_done、care_done、petition、"
        "hotline、lawsuit。",
        "✗ own.toml 第 22 行 boards.grids.weights：加起来是 50，请改成合计 100，每项至少 1。",
        "✗ own.toml 第 24 行 wishes.category.activity.helpers：不能小于 1。现在写的是 0。",
        "✗ own.toml 第 26 行 words.ack.heard：这句没有 {x} 这个变量，可用的：不带花括号。",
        "✗ own.toml 第 27 行 words.ack.hearrd：这句不是已有的键，是不是想写「ack.heard」？",
        "✗ own.toml 第 28 行 routing.steps[1]：who 是空的，又没有 organisation，这一步没有人负责："
        '请写角色（who = ["secretary"]）或单位（organisation = "驻点团队"），两样都不写就是那一级的负责人。',
        "✗ own.toml 第 32 行 routing.steps[2]：受理要 90 个工时，办好只给 7 个工时："
        "请把 respond_hours 改小，或把 solve_days 改大。",
        "own.toml 有 16 处要改，改好再用。",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = [1\nb = 2", "第 2 行：方括号没有关上"),
        ("[a]\nx = 1\n[a]\n", "第 3 行：这一组前面写过了"),
        ("x = 1\nx = 2\n", "第 2 行：这个键前面写过了"),
        ("x 1\n", "第 1 行：键后面少了等号"),
        ("zone = 上海\n", "第 1 行：等号后面的值看不懂"),
        ("zone = “上海”\n", "第 1 行：等号后面的值看不懂"),
        ('zone = "上海\n', "第 1 行：有不能用的符号"),
        ('zone = "Mars/Base"\n', "第 1 行 zone：不是有效的时区"),
        ("[routing.steps]\nlevel = 1\n", "第 1 行 routing.steps：要写成列表"),
        ("routing = 3\n", "第 1 行 routing：要写成一组"),
        ('[points]\nprizes = [\n { name = "金哨", rules = ["reported"] }]\n', "第 3 行 points.prizes[1]：奖项按"),
        ("[claims]\nremind_days = 9\n", "第 2 行 claims.remind_days：提醒要在放回以前"),
        (
            '[snapshots]\ntypes = [{ name = "灯", category = "lamp" }]',
            "第 2 行 snapshots.types[1]：lamp 不是诉求的类别",
        ),
        (
            '[points.rules.matter_done]\nname = "办好"\npoints = 5\nper_day = 4\n',
            "第 4 行 points.rules.matter_done.per_day：一次 5 分，一天最多只给 4 分",
        ),
        (
            '[points.rules.matter_done]\nname = "办好"\npoints = -5\nper_month = 4\n',
            "第 4 行 points.rules.matter_done.per_month：一次 -5 分，一个月最多只给 4 分",
        ),
        (
            '[points.rules.matter_done]\nname = "办好"\npoints = 2\nper_day = 9\nper_month = 4\n',
            "第 4 行 points.rules.matter_done.per_day：一天最多 9 分，一个月最多只有 4 分",
        ),
        ("[points]\nadjust_per_day = 10\n", "第 1 行 points.adjust_most：一次最多 20 分，一天最多只有 10 分"),
        ("[reminders]\nbefore_hours = 50\n", "第 2 行 reminders.before_hours：到期前 50 个工时提醒"),
        ("[votes]\ndays = 30\nmost_days = 7\n", "第 2 行 votes.days：默认 30 天截止，最长却只许 7 天"),
        ("[votes]\nquorum_percent = 101\n", "第 2 行 votes.quorum_percent：不能大于 100"),
        ("[panels]\nsize = 3\nquorum = 5\n", "第 1 行 panels：quorum（5）比人数 size（3）还多"),
        ("[wishes]\nhelpers = 9\nmost_helpers = 5\n", "第 2 行 wishes.helpers：默认请 9 人，最多却只许 5 人"),
        (
            "[wishes]\nmost_helpers = 5\n[wishes.category.activity]\nhelpers = 9\n",
            "第 4 行 wishes.category.activity.helpers：请 9 人，最多却只许 5 人",
        ),
        (
            "[care]\non = true\nremind_day = 25\n",
            "第 3 行 care.remind_day：提醒那天就到期了",
        ),
        ("[meetings]\non = true\ndays = [31]\n", "第 3 行 meetings.days：31 号有的月份没有"),
        ('[visits]\nroles = [\n "town"]\n', "第 2 行 visits.roles：走访记录只给村里和网格的人看"),
    ],
)
def test_one_mistake_is_a_sentence_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    lines, usable = checked(own(tmp_path, text))
    assert not usable
    assert lines[0].startswith(f"✗ own.toml {said}")
    assert len(lines) == 2
    with pytest.raises(PolicyError):
        load_policy(str(tmp_path / "own.toml"))


def test_what_no_file_is(tmp_path: Path) -> None:
    assert "没有名为「火星」的规则包" in checked("火星")[0][0]
    assert "没有这个文件" in checked(str(tmp_path / "none.toml"))[0][0]
    assert "文件夹" in checked(own_folder(tmp_path))[0][0]
    (tmp_path / "gbk.toml").write_bytes('name = "东坑"'.encode("gbk"))
    assert "不是 UTF-8 编码" in checked(str(tmp_path / "gbk.toml"))[0][0]


def own_folder(folder: Path) -> str:
    (folder / "a.toml").mkdir()
    return str(folder / "a.toml")


def test_the_command_says_by_its_exit_code_whether_the_pack_can_be_used(tmp_path: Path) -> None:
    fine = xiaoshao("policy", "check", "dongkeng")
    assert (fine.returncode, fine.stdout.decode()) == (0, f"{FINE}\n")
    wrong = xiaoshao("policy", "check", own(tmp_path, "x = 1\n"))
    assert wrong.returncode == 1
    assert wrong.stdout.decode().startswith("✗ own.toml 第 1 行 x：没有「x」这一项，请删掉；这里可以写的：")


def test_words_of_a_pack_are_said_and_wrong_ones_stop_the_start(tmp_path: Path) -> None:
    assert load_policy(own(tmp_path, '[words.help]\nhint = "在呢。"\n')).sentences == {"help.hint": "在呢。"}
    with pytest.raises(PolicyError, match=r"words.help.hint 不对：这句没有 \{x\}"):
        load_policy(own(tmp_path, '[words.help]\nhint = "在呢{x}。"\n'))


NEW_PARTS = """name = "own"
[meetings]
on = true
days = [31, 40]
roles = ["resident"]
[votes]
options = ["一"]
[care]
remind_day = 27
[[wishes.classes]]
name = "甲类"
categories = ["errand", "erand"]
[services]
on = true
[[services.classes]]
name = "党群"
category = "errand"
items = [
  { number = 101, name = "代办" },
  { number = 101, name = "代取" },
]
[[services.classes]]
name = "权力"
power = true
category = "errand"
items = [{ number = 201, name = "居住证明" }]
[[services.classes]]
name = "权力"
category = "errand"
items = [{ number = 301, name = "补贴", private = true }]  # of the same name as the one above
[panels]
on = true
[[panels.rules]]
kinds = ["dispute"]
[[panels.rules]]
words = ["集体"]
[[panels.rules]]
"""


def test_menus_meetings_votes_and_panels_are_named_by_line(tmp_path: Path) -> None:
    lines, usable = checked(own(tmp_path, NEW_PARTS))
    assert not usable
    assert [line.partition("：")[0].removeprefix("✗ own.toml ") for line in lines[:-1]] == [
        "第 4 行 meetings.days",
        "第 4 行 meetings.days",
        "第 5 行 meetings.roles",
        "第 7 行 votes.options",
        "第 8 行 care",
        "第 10 行 wishes.classes[1]",
        "第 20 行 services.classes[1].items[2]",
        "第 26 行 services.classes[2].items[1]",
        "第 26 行 services.classes[2].items[1]",
        "第 27 行 services.classes[3]",
        "第 30 行 services.classes[3].items[1]",
        "第 34 行 panels.rules[1].kinds",
        "第 37 行 panels.rules[3]",
    ]


def test_a_category_of_a_panel_is_named_by_its_rule(tmp_path: Path) -> None:
    rules = '[panels]\non = true\n[[panels.rules]]\nwords = ["集体"]\n[[panels.rules]]\ncategories = ["noisee"]\n'
    lines, _ = checked(own(tmp_path, 'name = "own"\n' + rules))
    assert lines[0].startswith("✗ own.toml 第 7 行 panels.rules[2].categories：noisee 不是心愿或诉求的类别，")

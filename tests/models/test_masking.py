"""What must not stand in a group is hidden; everything else stays as it was said."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.masking import mask, short

HIDDEN = {
    "我电话13800001111，急": "我电话***，急",
    "打给我 138-0000-1111": "打给我 ***",
    "138 0000 1111找我": "***找我",
    "+86 138 0000 1111": "***",
    "008613800001111": "***",
    "１３８００００１１１１": "***",
    "一三八零零零零一一一一": "***",
    "13800001111/13900002222": "***/***",
    "座机0755-12345678": "座机***",
    "（0755）12345678": "***",
    "（急）打１３８００００１１１１＃，１２栋": "（急）打***＃，１２栋",
    "075512345678": "***",
    "020-8765 4321": "***",
    "电话：87654321": "电话：***",
    "身份证440106199001011234": "身份证***",
    "44010619900101123X": "***",
    "440106 19900101 123x": "***",
    "卡号6222021234567890123": "卡号***",
    "6222 0212 3456 7890 123": "***",
    "微信号abc_12345": "微信号***",
    "加我微信 wang12345": "加我微信 ***",
    "vx：wang_2020": "vx：***",
    "QQ123456789": "QQ***",
    "发我邮箱wang@example.com": "发我邮箱***",
    "3栋2单元501漏水": "3栋2单元***漏水",
    "3-2-501漏水": "3-2-***漏水",
    "3-501": "3-***",
    "A-1203": "A-***",
    "三栋二单元五〇一": "三栋二单元***",
    "三栋二单元五零一的水管": "三栋二单元***的水管",
    "三栋二单元501": "三栋二单元***",
    "5座1203": "5座***",
    "B座1203室": "B座***室",
    "12号楼3单元402室": "12号楼3单元***室",
    "3#501": "3#***",
    "3#楼2单元 501": "3#楼2单元 ***",
    "12弄3号601室": "12弄3号***室",
    "3栋2-501": "3栋2-***",
    "3栋的501": "3栋的***",
    "5座12B": "5座***",
    "2单元5楼1号": "2单元5楼***号",
    "3栋2单元501、502和601都漏水": "3栋2单元***、***和***都漏水",
    "501、502室": "***、***室",
    "B1203室": "***室",
    "501房": "***房",
    "302房间": "***房间",
    "五零一室": "***室",
    "房号501": "房号***",
    "我家502漏水": "我家***漏水",
    "楼上301太吵": "楼上***太吵",
    "住501": "住***",
    "501业主": "***业主",
    "601那家": "***那家",
    "502又漏水了": "***又漏水了",
    "402的邻居": "***的邻居",
    "3栋2单元501楼道漏水了": "3栋2单元***楼道漏水了",
    "5栋1203楼上漏水": "5栋***楼上漏水",
    "2单元302楼下": "2单元***楼下",
    "501楼上天天吵": "***楼上天天吵",
    "就是501楼上天天吵": "就是***楼上天天吵",
    "12幢304楼顶": "12幢***楼顶",
    "17栋302张大爷": "17栋***张大爷",
    "3栋502张三家的猫": "3栋***张三家的猫",
    "3-2-302张大爷": "3-2-***张大爷",
    "我家501小孩": "我家***小孩",
    "5栋501安装空调": "5栋***安装空调",
    "5栋501天天吵": "5栋***天天吵",
    "5栋501线路老化": "5栋***线路老化",
    "5栋501瓦斯味": "5栋***瓦斯味",
    "5栋501年久失修": "5栋***年久失修",
    "5栋501多久了": "5栋***多久了",
    "5栋501：漏水": "5栋***：漏水",
    "三栋二单元五〇一楼道": "三栋二单元***楼道",
    "三栋二单元五零一张大爷": "三栋二单元***张大爷",
}

KEPT = """
2026年 2025-2026年 二〇二六年 1200元 100-200元 50-120元 房租1200 1200房租 一百二十元
微信支付200元 100到200元 0.5元 3.5吨
3栋2单元 3栋2单元2楼 1号楼 12栋和13栋 3、4、5栋 二单元三四五楼都停水
3栋1200元 3栋501元 3栋2012年建的 3栋101平方 3栋302张床 3栋115块钱 二单元三四五楼上下都停水
402路公交 120急救 （急） １２栋 3栋2026年建的 3栋300多块 2单元120户居民停水 300家商户
110 119 120 12345 12315 打110 3栋快打119 3栋 119 电话12345 400-800-1234
5月1-15日 5月1日-5月15日 18:30 8:30-17:30 3:00-5:00 2026-11-22 18:30 2026.11.22 20261122 22/11/2026
15-20个 3-5天 60-70岁 5-6楼 12-15号 500米 80平 15斤 1000人 100多户 第301次 101路公交 28路 G4 高速 3楼2号电梯
#123 #1203 #4 #5 #6 S12 东坑-12 东坑-1203 认领 501 查 1203 确认 S3 S5 满意 12 +1 加微信群 3室2厅 三室两厅
199 299 399 49
""".strip().split("\n")


@pytest.mark.parametrize(("said", "shown"), HIDDEN.items())
def test_what_is_hidden(said: str, shown: str) -> None:
    assert mask(said) == shown


@pytest.mark.parametrize("said", [*KEPT, *(word for line in KEPT for word in line.split())])
def test_what_stays(said: str) -> None:
    assert mask(said) == said


_pieces = """
漏水 电话 我家 楼上 的 ， 。 3栋 2单元 501 室 - 、 13800001111
年 元 微信 （ ） ＃ １３８ abc123 # 五〇一 12 1203 / +86 6222 0755 户 一 : X 号 住 又
"""
_words = st.sampled_from([" ", *_pieces.split()])
_talk = st.lists(_words, max_size=12).map("".join) | st.text(max_size=60)
_han = st.text(
    st.characters(min_codepoint=0x4E10, max_codepoint=0x9F00, exclude_characters="一二三四五六七八九两幺"), max_size=8
)


@given(_talk)
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(_han, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "-", " ", "."]), _han)
def test_no_mobile_survives(before: str, number: str, gap: str, behind: str) -> None:
    shown = mask(before + gap.join((number[:3], number[3:7], number[7:])) + behind)
    assert re.sub(r"\D", "", shown) == ""


@given(
    _han,
    st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])[0-9]{3}[0-9Xx]", fullmatch=True),
    _han,
)
def test_no_id_survives(before: str, number: str, behind: str) -> None:
    assert not re.search(r"[0-9Xx]", mask(before + number + behind))


@given(
    st.integers(1, 30),
    st.sampled_from(["栋", "幢", "座", "号楼", "栋2单元", "-2-", "#", "单元"]),
    st.integers(1, 33),
    st.integers(1, 12),
    st.sampled_from(["", "室", "漏水", "，没人管", "。", "\n", "的厕所"]),
)
def test_no_flat_survives(house: int, mark: str, floor: int, flat: int, behind: str) -> None:
    number = f"{floor}{flat:02}"
    shown = mask(f"{house}{mark}{number}{behind}")
    assert shown == f"{house}{mark}***{behind}"


_BEHIND_A_FLAT = """
楼道 楼上 楼下 楼顶 楼梯 楼 层 张 张大爷 张三家 家 家里 户 户主 里面 小孩 小朋友 天天 平时 时常 多次 来人 来了 安静 安装
公公 公共 人家 人不在 年轻人 年前 线路 道路 台阶 只有 瓦斯 分不清 点火 名字 字画 步梯 期间 位置 桶装水 条件 次卧 个别
路灯 几点 克扣 升降 座机 千万 百姓 万一 元旦 米阿姨 度假 度过
"""


@pytest.mark.parametrize("behind", _BEHIND_A_FLAT.split())
@pytest.mark.parametrize("house", ["3栋", "12幢", "B座", "5号楼", "3栋2单元", "三栋二单元", "3-2-", "3#"])
def test_what_looks_like_a_measure_saves_no_flat(house: str, behind: str) -> None:
    for flat in ("101", "302", "501", "1203", "3301"):
        assert mask(f"{house}{flat}{behind}") == f"{house}***{behind}"


@given(_talk)
def test_only_what_is_hidden_changes(text: str) -> None:
    pieces = [re.escape(piece) for piece in mask(text).split("***")]
    assert re.fullmatch(".*".join(pieces), text, re.DOTALL)


@given(st.integers(1, 99999), st.sampled_from(["元", "块钱", "个", "天", "年", "米", "斤", "次", "分钟", "平方"]), _han)
def test_amounts_stay(number: int, unit: str, before: str) -> None:
    said = f"{before}，{number}{unit}"
    assert mask(said) == said


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 33))
def test_buildings_units_and_floors_stay(house: int, unit: int, floor: int) -> None:
    said = f"{house}栋{unit}单元{floor}楼漏水"
    assert mask(said) == said


@pytest.mark.parametrize("piece", ["501、", "1", "a.", "3栋 ", "一", "1 ", "@a."])
def test_long_texts_take_no_longer_than_their_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        begin = time.process_time()
        mask(text)
        return time.process_time() - begin

    # A quadratic pattern takes minutes here, an ordinary one a tenth of a second.
    assert seconds(40_000) < 10


def test_short_is_one_line_of_at_most_that_length() -> None:
    assert short("三楼\n 漏水  了", 20) == "三楼 漏水 了"
    assert short("一二三四五", 4) == "一二三…"

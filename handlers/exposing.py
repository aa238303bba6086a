"""What must not stand in what a whole village reads: whose phone, card, flat or poverty it is."""

import re
from collections.abc import Collection

from models.masking import hidden

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤乌包巴云"
)
_BEFORE = ("新增", "停发", "取消", "户主", "村民", "居民", "其中", "有", "给", "和", "为", "是")
_START = "|".join([r"(?<![\u4e00-\u9fff])", *(f"(?<={word})" for word in _BEFORE)])
_END = r"(?=[\s、，,。；;：:（(\d]|等|家|户主|同志|已|领|的|$)"
_SINGLE = re.compile(rf"(?:{_START})[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}{_END}")
"""Two or three characters by themselves, or behind a word that names somebody, that begin with a family name."""
_TITLES = "某某?|大爷|大妈|奶奶|爷爷|阿姨|叔叔?|婶|先生|女士|师傅|老师"
_CALLED = re.compile(rf"[{_SURNAMES}](?:{_TITLES}){_END}")
_NO_NAMES = frozenset(
    [
        "金额",
        "方式",
        "方案",
        "方法",
        "方便",
        "程序",
        "程度",
        "余额",
        "余款",
        "任何",
        "任务",
        "何时",
        "钱款",
        "万元",
        "万余",
        "范围",
        "田地",
        "田间",
        "石料",
        "江边",
        "白天",
        "白酒",
        "马上",
        "马路",
        "林地",
        "周期",
        "周边",
        "周一",
        "周二",
        "周三",
        "周四",
        "周五",
        "周六",
        "周日",
        "周末",
        "严格",
        "毛利",
        "夏季",
        "夏天",
        "龙头",
        "向上",
        "杜绝",
        "曾经",
        "许多",
        "谢谢",
        "黄金",
        "张贴",
        "陈述",
        "陆续",
        "石油",
        "金融",
        "武装",
        "顾问",
        "段落",
        "叶子",
        "钟头",
        "史上",
        "方可",
        "云端",
        "包括",
        "包含",
        "高龄",
        "任期",
        "程序上",
        "何种",
        "万户",
        "余户",
        "余人",
        "孔隙",
        "白色",
        "黄色",
        "夏粮",
        "田块",
        "万亩",
        "余亩",
        "向全村",
        "任一",
    ]
)
"""Words that begin like a name."""


def personal(text: str) -> list[str]:
    """Phones, numbers of cards, flats: what no group may read of anybody, as it was written."""
    return list(dict.fromkeys(hidden(text)))


def named(text: str, sensitive: Collection[str]) -> tuple[str, list[str]] | None:
    """A word of need or debt in the text and the names beside it, if there are both."""
    word = next((word for word in sensitive if word in text), None)
    if word is None:
        return None
    found = [match[0] for pattern in (_SINGLE, _CALLED) for match in pattern.finditer(text)]
    names = [name for name in dict.fromkeys(found) if name not in _NO_NAMES]
    return (word, names) if names else None

"""Which company, site or shop a text speaks of, so that the same one is found again in another group's words."""

import re

_KINDS = "厂|公司|工地|项目部|集团|酒店|饭店|宾馆|超市|商场|学校|幼儿园|培训班|健身房|美容院|医院|养老院"
_NAME = re.compile(rf"([\u4e00-\u9fffA-Za-z0-9]{{2,8}}?)({_KINDS})")
# What stands before a name and is none of it.
_BEFORE = re.compile(
    r"^.*(?:我们|他们|咱们|你们|我|他|她|在|到|去|给|被|从|向|找|跟|和|与|对|是|说|让|把|了|的|有|没|等|这|那|个|家|些|都|也|就|因为|听说|昨天|今天|去年)"
)
_GENERAL = re.compile(
    "物业|开发|装修|快递|保险|建筑|施工|工程|劳务|中介|贷款|房产|保洁|电梯|电力|供电|燃气|自来水|分公司|本地|外地|附近|门口|隔壁|对面|旁边"
    "|楼下|楼上|后面|前面|小区|村里|镇上|街上|一个|某个|中心|大型|上市|个体|人民|公立"
)
"""Said of any company: two people who say it need not mean the same."""


def employers(text: str) -> frozenset[str]:
    """Keys of the names in the text: the first two signs of a name and what kind of place it is (鑫达鞋厂: 鑫达厂)."""
    found = set()
    for match in _NAME.finditer(text):
        name = _BEFORE.sub("", match[1])
        if len(name) >= 2 and _GENERAL.fullmatch(name) is None:
            found.add(name[:2] + match[2])
    return frozenset(found)

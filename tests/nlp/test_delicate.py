"""Words that are for staff alone are heard in any text: also in one that is no matter by itself."""

import pytest

from nlp.understander import Understander


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("修好了，她有糖尿病", {"health"}),
        ("我老伴偏瘫在床，想请人帮忙抬上轮椅", {"health"}),
        ("是低保户", {"health"}),
        ("孙子上小学三年级", {"minor"}),
        ("她家两口子打架把管子砸了，换了一截", {"dispute"}),
        ("她老公在家打人，等派出所回话", {"dispute"}),
        ("他不想活了，我劝住了", {"dispute"}),
        ("工头拖欠工资", {"dispute"}),
        ("换了阀门", set()),
        ("师傅病了", set()),
        ("师傅周一动手修", set()),
        ("轮椅送到了", set()),
        ("师傅下午到", set()),
        ("打过电话没人接", set()),
        ("打我电话就行", set()),
        ("药房门口", set()),
        ("精神有关文件", set()),
    ],
)
def test_why_not_everybody_may_read_it(understander: Understander, text: str, why: set[str]) -> None:
    assert understander.delicate(text) == why

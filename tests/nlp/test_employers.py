"""The same company in the words of two groups."""

import pytest

from nlp.employers import employers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("鑫达鞋厂三个月没发工资了", "我在鑫达鞋厂上班，工资一直拖着"),
        ("鑫达厂欠薪", "找鑫达鞋厂要工资"),
        ("我们被恒丰电子公司辞退了", "恒丰公司不给加班费"),
    ],
)
def test_the_same_name_is_found_again(one: str, other: str) -> None:
    assert employers(one) & employers(other)


@pytest.mark.parametrize(
    "text",
    [
        "物业公司不管",
        "厂里三个月没发工资",
        "我们公司不发工资",
        "那家超市卖过期奶",
        "对面工地太吵",
        "保险公司不赔",
        "谢谢大家",
    ],
)
def test_what_is_said_of_any_company_is_no_name(text: str) -> None:
    assert employers(text) == frozenset()


def test_two_companies_are_two() -> None:
    assert not employers("鑫达鞋厂没发工资") & employers("恒丰鞋厂没发工资")

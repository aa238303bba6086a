"""How near two places are, and that near places find each other by their keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.distance import Distance, keys, questions, unrelated, within
from nlp.placing import apart


@pytest.mark.parametrize(
    ("one", "other", "nearest"),
    [
        ("3栋2单元", "3栋", Distance.SPOT),
        ("3栋2单元5楼", "3栋2单元12楼", Distance.ENTRANCE),
        ("3栋2单元5楼501", "3幢2单元6层", Distance.ENTRANCE),
        ("12楼3单元", "12号楼2单元", Distance.BUILDING),
        ("12楼3单元", "12楼2单元", Distance.BUILDING),
        ("3栋1单元", "3栋2单元", Distance.BUILDING),
        ("5巷12号", "5巷20号", Distance.BUILDING),
        ("沿河街37号", "沿河街9号", Distance.BUILDING),
        ("3栋", "5栋", Distance.GRID),
        ("3楼", "5楼", Distance.GRID),
        ("3组12号", "3组15号", Distance.GRID),
        ("沿河街37号", "人民路9号", Distance.GRID),
        ("3栋", "南门", Distance.GRID),
        ("村口小卖部", "幸福院", Distance.GRID),
    ],
)
def test_how_near_two_places_are(one: str, other: str, nearest: Distance) -> None:
    order = [Distance.SPOT, Distance.ENTRANCE, Distance.BUILDING, Distance.GRID]
    reached = [distance for distance in order if within(one, other, distance)]
    assert reached == order[order.index(nearest) :]
    assert [distance for distance in order if within(other, one, distance)] == reached


def test_numbers_of_different_things_say_nothing_about_each_other() -> None:
    assert unrelated("3楼", "2单元")
    assert not unrelated("3栋", "3栋2单元") and not unrelated("3栋", "南门") and not unrelated("南门", "小卖部")


def test_keys_are_few_however_long_a_place_is() -> None:
    long = "1区2期3组4队5巷6弄7栋8单元9楼10室" + "村口小卖部旁边的大榕树底下石头凳子边" * 9
    assert len(keys(long)) < 30 and len(questions(long)) < 45


numbers = st.sampled_from(["1", "2", "3", "B", "12"])
names = st.sampled_from(
    ["", "阳光花园", "沿河街", "南门", "地下车库", "小广场", "河边小广场", "小广场东头", "村口小卖部", "门口", "楼道"]
)


@st.composite
def places(draw: st.DrawFn) -> str:
    units = draw(st.lists(st.sampled_from(["巷", "栋", "座", "单元", "楼", "号", "组"]), unique=True, max_size=3))
    return draw(names) + "".join(draw(numbers) + unit for unit in units) + draw(names)


@given(places(), places())
def test_places_that_may_be_one_share_a_key(one: str, other: str) -> None:
    if not one or not other or unrelated(one, other):
        return
    if not apart(one, other) or within(one, other, Distance.BUILDING):
        assert set(questions(one)) & set(keys(other)), (one, other)

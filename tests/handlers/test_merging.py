"""What a pack says of merging, what it may not say, and that whatever is one matter is brought to the comparison."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.policy import PACKS, load_policy
from handlers.policy.checking import PolicyError
from handlers.talk.keys import MOST_WORDS, NOWHERE, alike, among_emergencies, asked, filing
from handlers.talk.merging import Nearness
from handlers.talk.opening import Matter
from handlers.wording import load_wording
from models.codes import NodeLevel, TicketKind
from models.tables import GridNode
from models.ticket_tables import Signal, Ticket
from nlp.distance import Distance
from nlp.taxonomy import Taxonomy
from nlp.understanding import Kind, Urgency

NODE = GridNode(id=1, code="m", name="m", level=NodeLevel.MICRO_GRID, path="/1/")
AT = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
WORDS = load_wording()
COMMON = WORDS.say("cue.common").split()


def pack(folder: Path, old: str, new: str) -> Path:
    text = (PACKS / "default.toml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "own.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_the_default_pack_speaks_of_every_category_and_wishes_are_nobody_elses() -> None:
    taxonomy, merging = Taxonomy.load(), load_policy().merging
    assert tuple(merging.category) == taxonomy.codes(Kind.WISH, Kind.COMPLAINT, Kind.DISPUTE)
    for code in taxonomy.codes(Kind.WISH, Kind.DISPUTE):
        assert merging.category[code].distance is Distance.OWN


def test_a_category_that_no_pack_names_goes_by_its_kind() -> None:
    merging = load_policy().merging.model_copy(update={"category": {}})
    assert merging.rule(TicketKind.COMPLAINT, "lift") == Nearness(Distance.SPOT, 7, 24, False)
    assert merging.rule(TicketKind.WISH, "goods").distance is Distance.OWN
    assert merging.rule(TicketKind.DISPUTE, "labour").distance is Distance.OWN


def test_hours_never_reach_further_than_days(tmp_path: Path) -> None:
    line = 'lift = { distance = "entrance", days = 14, shared = true }'
    merging = load_policy(str(pack(tmp_path, line, "lift = { days = 0.5, hours = 48 }"))).merging
    assert merging.rule(TicketKind.COMPLAINT, "lift") == Nearness(Distance.ENTRANCE, 0.5, 12, True)


def test_a_pack_says_only_where_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[merging]\ndays = 3\n[merging.category]\nlift = { days = 5 }\n", encoding="utf-8")
    own, default = load_policy(str(path)).merging, load_policy().merging
    assert own.days == 3
    assert own.category["lift"] == default.category["lift"].model_copy(update={"days": 5.0})
    assert own.category["noise"] == default.category["noise"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("goods = {", "lifts = {", "merging.category.lifts 不对：lifts 不是心愿、诉求或纠纷的类别"),
        ("goods = {", "chat = {", "merging.category.chat 不对：chat 不是心愿、诉求或纠纷的类别"),
        ("[deadlines.category.lift]", "[deadlines.category.lifts]", "deadlines.category.lifts 不对：lifts 不是心愿"),
        ('lift = { distance = "entrance"', 'lift = { distance = "house"', "merging.category.lift.distance 不对"),
        ('lift = { distance = "entrance"', 'lift = { near = "spot"', "merging.category.lift.near 不对"),
        ("area_hours = 24", "area_hours = -1", "merging.area_hours 不对"),
    ],
)
def test_a_wrong_pack_is_a_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        load_policy(str(pack(tmp_path, old, new)))


# -- keys ---------------------------------------------------------------------------------------


def matter(text: str, place: str | None = None, urgency: Urgency = Urgency.NORMAL) -> Matter:
    return Matter(TicketKind.COMPLAINT, "plumbing", text, NODE, None, None, "act", place=place, urgency=urgency)


def ticket(title: str, place: str | None = None, **fields: object) -> Ticket:
    values = {
        "id": "t", "scope_id": 1, "number": 1, "kind": TicketKind.COMPLAINT, "category": "plumbing", "status": "open",
        "node_id": 1, "band": "act", "opened_at": AT, "title": title, "place": place,
    }  # fmt: skip
    return Ticket(**{**values, **fields})


def meet(new: Matter, old: Ticket | Signal, distance: Distance = Distance.SPOT) -> bool:
    keys = asked(new, distance, COMMON)
    if new.urgency is Urgency.EMERGENCY:
        keys = among_emergencies(keys)
    return bool(set(keys) & set(filing(WORDS)(old)))


def test_words_and_places_bring_a_matter_to_the_comparison() -> None:
    assert meet(matter("厨房漏水"), ticket("卫生间漏水了"))
    assert meet(matter("厨房漏水"), ticket("卫生间漏水了", "3栋"))
    assert meet(matter("厨房漏水", "3栋"), ticket("卫生间漏水了"))
    assert meet(matter("下水道堵了", "3栋2单元"), ticket("卫生间漏水了", "3栋"))
    assert not meet(matter("下水道堵了", "3栋2单元"), ticket("卫生间漏水了", "5栋"))
    assert not meet(matter("厨房没人修"), ticket("路灯没人修", "5栋"))


def test_the_words_of_a_whole_grid_are_asked_for_wherever_it_is() -> None:
    said = "一二三四五六七八停水了"
    assert meet(matter(said, "3栋"), ticket("停水了", "5栋"), Distance.GRID)
    assert not meet(matter(said, "3栋"), ticket("停水了", "5栋"), Distance.SPOT)


def test_an_emergency_is_looked_for_among_emergencies_only() -> None:
    fire = matter("厨房着火了", "3栋", Urgency.EMERGENCY)
    assert not meet(fire, ticket("厨房着火了", "3栋"))
    assert meet(fire, ticket("厨房着火了", "3栋", urgency="emergency"))
    assert meet(matter("厨房着火了", "3栋"), ticket("厨房着火了", "3栋", urgency="emergency"))


def test_nobody_becomes_a_part_of_a_petition() -> None:
    petition = Signal(
        scope_id=1, number=1, kind=TicketKind.COMPLAINT, category="plumbing", node_id=1, text="漏水，一起去上访", at=AT,
        flags=["petition"],
    )  # fmt: skip
    assert not meet(matter("漏水"), petition)


def test_long_words_have_few_keys() -> None:
    said = "".join(chr(0x4E00 + number) for number in range(900))
    assert len(asked(matter(said), Distance.GRID, COMMON)) <= 2 * MOST_WORDS + 1
    assert len(list(filing(WORDS)(ticket(said)))) <= 2 * MOST_WORDS + 1
    assert asked(matter(""), Distance.SPOT, COMMON) == [NOWHERE]
    assert not alike(matter(""), [], "", COMMON)


def test_what_spreads_over_the_whole_grid_is_named_by_the_pack() -> None:
    rule = load_policy().merging.rule(TicketKind.COMPLAINT, "utilities")
    assert rule.spreads("3栋停水了", "9栋没水用")
    assert not rule.spreads("3栋停水了", "9栋停电了")
    assert not rule.spreads("3栋漏水了", "9栋漏水了")
    assert load_policy().merging.rule(TicketKind.COMPLAINT, "pets").spreads("野狗", "野狗")

"""thread.relate: what one message has to do with those before it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from nlp.matters import Known, live
from nlp.pairing import NEW, NOTHING, Pairing
from nlp.talks import Expected, Said, Talk
from nlp.thread import again, relate
from nlp.train_thread import Decision, as_data, decisions, fit
from nlp.understander import Understander
from nlp.understanding import Band, Link, Relation, Understanding, Utterance

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass
class Room:
    """A room as a shard remembers it: what opens or joins a matter is held."""

    ear: Understander
    said: list[Utterance] = field(default_factory=list)
    clock: datetime = START

    def say(
        self,
        sender: str,
        text: str,
        after: int = 20,
        pictures: int = 0,
        pin: str | None = None,
        quotes: str | None = None,
    ) -> Relation:
        """One message, `after` seconds behind the last one."""
        self.clock += timedelta(seconds=after)
        name = f"m{len(self.said) + 1}"
        new = Utterance(name, sender, self.clock, text, self.ear.understand(text), pictures, pin, quotes)
        relation = relate(self.said, new, self.ear.understand)
        held = relation.link in (Link.JOIN, Link.BURST, Link.UPDATE) or relation.understood.band is not Band.IGNORE
        holder = next((one.held for one in self.said if one.id == relation.to), None) or name
        self.said = [replace(one, held=holder) if one.id in relation.parts else one for one in self.said]
        self.said.append(replace(new, held=holder, understood=relation.understood) if held else new)
        return relation

    def opened(self) -> list[str]:
        return [one.id for one in self.said if one.held]


@pytest.fixture
def room(ear: Understander) -> Room:
    return Room(ear)


def test_a_single_matter_is_new(room: Room) -> None:
    relation = room.say("王", "3栋2单元电梯坏了没人修")
    assert (relation.link, relation.to, relation.parts) == (Link.NEW, None, ())


def test_chatter_before_a_matter_is_no_part_of_it(room: Room) -> None:
    room.say("王", "早上好")
    assert room.say("王", "3栋2单元电梯坏了没人修").parts == ()


def test_two_halves_become_one_matter() -> None:
    room = Room(_Halves())  # type: ignore[arg-type]  # a stand-in that understands just what this test says
    room.say("王", "三楼那个")
    relation = room.say("王", "又不亮了")
    assert relation.link is Link.NEW
    assert relation.parts == ("m1",)
    assert relation.understood.category == "road_facility"


def test_a_picture_before_belongs_to_the_matter(room: Room) -> None:
    room.say("王", "", pictures=1)
    assert room.say("王", "楼道里垃圾好几天没人清了").parts == ("m1",)


def test_a_picture_after_belongs_to_the_matter(room: Room) -> None:
    room.say("王", "楼道里垃圾好几天没人清了")
    relation = room.say("王", "", pictures=2)
    assert (relation.link, relation.to) == (Link.BURST, "m1")


def test_a_late_picture_is_another_thing(room: Room) -> None:
    room.say("王", "楼道里垃圾好几天没人清了")
    assert room.say("王", "", after=600, pictures=1).link is Link.NEW


def test_a_pin_before_gives_the_place(room: Room) -> None:
    room.say("王", "", pin="幸福小区南门")
    relation = room.say("王", "垃圾堆成山了没人清")
    assert relation.parts == ("m1",)
    assert relation.understood.place == "幸福小区南门"


def test_a_picture_of_another_person_is_not_taken(room: Room) -> None:
    room.say("李", "", pictures=1)
    assert room.say("王", "楼道里垃圾好几天没人清了").parts == ()


def test_the_sender_goes_on(room: Room) -> None:
    room.say("王", "电梯又坏了，没人修")
    relation = room.say("王", "3栋2单元的")
    assert (relation.link, relation.to) == (Link.BURST, "m1")
    assert relation.understood.place == "3栋2单元"
    assert relation.understood.category == "lift"


def test_small_talk_of_the_sender_is_not_added(room: Room) -> None:
    room.say("王", "电梯又坏了，没人修")
    assert room.say("王", "哈哈哈").link is Link.NEW


@pytest.mark.parametrize("text", ["我家也是", "+1", "同上", "我们单元也是"])
def test_joins(room: Room, text: str) -> None:
    room.say("王", "停水了，到现在还没水，也没人通知")
    relation = room.say("李", text)
    assert (relation.link, relation.to) == (Link.JOIN, "m1")
    assert relation.understood.category == room.said[0].understood.category


def test_plus_one_to_something_else_is_no_join(room: Room) -> None:
    room.say("王", "停水了，到现在还没水，也没人通知")
    room.say("赵", "晚上去吃火锅的报名啦，一人五十")
    assert room.say("李", "+1").link is Link.NEW


def test_a_join_after_a_long_time_is_none(room: Room) -> None:
    room.say("王", "停水了，到现在还没水，也没人通知")
    assert room.say("李", "我家也是", after=3600).link is Link.NEW


def test_the_same_fault_elsewhere_is_its_own_matter(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("李", "5栋电梯也坏了，没人修")
    assert relation.link is Link.NEW
    assert relation.understood.place == "5栋"


def test_me_too_from_another_house_is_its_own_matter(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("李", "我们5栋也是")
    assert relation.link is Link.NEW
    assert (relation.understood.category, relation.understood.place) == ("lift", "5栋")


def test_the_same_place_in_other_words_joins(room: Room) -> None:
    room.say("王", "3栋2单元电梯坏了没人修")
    relation = room.say("李", "3栋2单元电梯又停了，我抱着孩子爬楼")
    assert (relation.link, relation.to) == (Link.JOIN, "m1")


def test_two_wishes_are_two(room: Room) -> None:
    room.say("王", "谁家有不用的轮椅，借我妈用几天")
    assert room.say("李", "想要一床棉被，谁家有多余的").link is Link.NEW


def test_a_second_matter_of_one_who_joined(room: Room) -> None:
    room.say("王", "停水了，到现在还没水，也没人通知")
    room.say("李", "我家也是")
    relation = room.say("李", "房东还不退我押金，气死了", after=200)
    assert relation.link is Link.NEW
    assert relation.understood.kind == "dispute"


def test_a_quote_points_at_its_message(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    room.say("赵", "楼道里垃圾好几天没人清了")
    relation = room.say("李", "我家也是", quotes="m1")
    assert (relation.link, relation.to) == (Link.JOIN, "m1")


def test_not_yet_repaired(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("李", "还没修", after=300)
    assert (relation.link, relation.to) == (Link.UPDATE, "m1")


def test_repaired(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("李", "修好了", after=300)
    assert (relation.link, relation.to) == (Link.SETTLED, "m1")


def test_thanks_of_the_requester_settle(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    assert room.say("王", "谢谢师傅", after=400).link is Link.SETTLED


@pytest.mark.parametrize("text", ["发错群了", "看错了，不好意思", "当我没说"])
def test_retraction(room: Room, text: str) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("王", text)
    assert (relation.link, relation.to) == (Link.RETRACT, "m1")


def test_nobody_takes_back_what_another_said(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    assert room.say("李", "发错群了").link is not Link.RETRACT


def test_retraction_after_long_is_talk(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    assert room.say("王", "发错群了", after=1200).link is Link.NEW


@pytest.mark.parametrize("text", ["我家也是", "还没修", "修好了", "发错群了", "", "三楼那个"])
def test_an_empty_room(ear: Understander, text: str) -> None:
    relation = relate((), Utterance("m1", "王", START, text, ear.understand(text)), ear.understand)
    assert (relation.link, relation.to, relation.parts) == (Link.NEW, None, ())


class _Halves:
    """Understands the lamp only where both halves are said."""

    def understand(self, text: str) -> Understanding:
        from nlp.understanding import Cue, Kind

        whole = "三楼" in text and "不亮" in text
        kind, band = (Kind.COMPLAINT, Band.ACT) if whole else (Kind.NONE, Band.IGNORE)
        cues: Sequence[Cue] = () if whole else (Cue.FRAGMENT,)
        return Understanding(
            kind, "road_facility" if whole else "chat", band, 0.9 if whole else 0.01, cues=frozenset(cues)
        )


def test_a_second_matter_at_once_is_its_own(room: Room) -> None:
    room.say("王", "想请人周末教孩子下象棋")
    relation = room.say("王", "这个路口的井盖坏了，没人管")
    assert relation.link is Link.NEW
    assert relation.understood.category == "road_facility"


def test_two_plain_complaints_at_once_are_two(room: Room) -> None:
    room.say("王", "小区的树枝断了挂在半空，没人管")
    relation = room.say("王", "楼上天天半夜放音响，我妈有心脏病受不了", after=60)
    assert (relation.link, relation.understood.band) == (Link.NEW, Band.ACT)


def test_doubtful_words_of_a_newcomer_keep_their_meaning_beside_the_matters_of_others(room: Room) -> None:
    room.say("王", "3栋电梯又坏了，没人修")
    room.say("李", "我刚才爬上去的")
    relation = room.say("赵", "天台门一直开着，不安全")
    assert (relation.link, relation.understood.band) == (Link.NEW, Band.ASK)


def test_nobody_shares_what_must_not_be_said_aloud(room: Room) -> None:
    for text in ("我真的不想活了，活着没意思", "楼上天天半夜吵架打孩子"):
        room.say("王", text, after=1900)
        assert room.said[-1].held
        assert room.say("李", "我家也是").link is not Link.JOIN


def test_each_line_of_a_matter_is_a_message(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修\n\n老人上不去\n")
    room.say("王", "我抱着娃走上来的")
    (known,) = live(room.said)
    assert known.text.split("\n") == ["", "3栋电梯坏了没人修，老人上不去", "我抱着娃走上来的"]


def test_what_the_sender_adds_at_once_belongs(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("王", "我抱着娃走上来的")
    assert (relation.link, relation.to) == (Link.BURST, "m1")


def test_a_first_half_without_words_of_its_own(room: Room) -> None:
    room.say("王", "就是昨晚")
    assert room.say("王", "3栋电梯坏了没人修").parts == ("m1",)


def test_own_news_in_plain_words(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    room.say("赵", "早")
    assert room.say("王", "师傅来了", after=300).link is Link.SETTLED


@pytest.mark.parametrize("text", ["菜单", "认领 9", "我的"])
def test_a_word_for_the_bot_is_no_part(room: Room, text: str) -> None:
    room.say("王", "3栋电梯坏了没人修")
    assert room.say("王", text).link is Link.NEW


def test_single_words_never_add_up(room: Room) -> None:
    for text in ("不满意", "心愿", "安静", "12"):
        relation = room.say("王", text)
        assert relation.understood.band is Band.IGNORE
        assert relation.parts == ()


def test_another_person_joins_in_own_words(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("李", "我抱着孩子爬了十二楼，电梯到现在还是坏的", after=90)
    assert (relation.link, relation.to) == (Link.JOIN, "m1")


def test_a_question_of_another_person_is_no_join(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    assert room.say("李", "哪个单元的？", after=30).link is Link.NEW


def test_nobody_joins_the_wish_of_another_person(room: Room) -> None:
    room.say("王", "想借一个轮椅，谁家有能借我用一天吗")
    assert room.say("李", "我家也是", after=30).link is Link.NEW


def test_a_plain_wish_beside_an_own_complaint_is_its_own(room: Room) -> None:
    room.say("王", "停水了，到现在还没水，也没人通知")
    relation = room.say("王", "想借一个轮椅，谁家有能借我用一天吗", after=15)
    assert relation.link is Link.NEW
    assert relation.understood.kind == "wish"


def test_an_emergency_is_never_part_of_another_matter(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    relation = room.say("王", "着火了！3栋二楼冒浓烟，快来人", after=15)
    assert relation.link is Link.NEW
    assert relation.understood.urgency == "emergency"


@pytest.mark.parametrize("text", ["搞错了，是我家跳闸", "虚惊一场", "看花眼了不好意思"])
def test_a_mistake_takes_back(room: Room, text: str) -> None:
    room.say("王", "停电了，到现在还没电，也没人通知")
    assert room.say("王", text, after=120).link is Link.RETRACT


def test_what_was_taken_back_is_no_topic_any_more(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    room.say("王", "发错群了")
    room.said[-1] = replace(room.said[-1], held="taken back")
    assert room.say("李", "我家也是").link is Link.NEW


def test_chatter_of_others_beside_a_matter_is_no_part_of_it(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    for text in ("今天菜市场的鱼新鲜", "晚上谁去跳舞", "天气预报说明天有雨"):
        assert room.say("李", text, after=40).link is Link.NEW


def test_messages_are_grouped_into_matters(room: Room) -> None:
    room.say("王", "3栋电梯坏了没人修")
    room.say("李", "南门口垃圾好几天没人清了")
    room.say("王", "3栋2单元的")
    lift, rubbish = live(room.said)
    assert (lift.ids, lift.senders, lift.meaning.category) == ({"m1", "m3"}, {"王"}, "lift")
    assert (rubbish.ids, rubbish.opener) == ({"m2"}, "李")


def test_an_own_matter_is_spoken_of_again(ear: Understander) -> None:
    old = ear.understand("3栋电梯坏了没人修")
    known = Known("m1", "王", old, START, old.place, {"王"}, {"m1"}, "3栋电梯坏了没人修")
    later = START + timedelta(hours=20)
    for text, index in (("电梯今天又停了，还是没人修", 0), ("房东不退我押金，气死了", None)):
        assert again(Utterance("m9", "王", later, text, ear.understand(text)), [known]) == index


def test_the_chances_of_all_choices_add_up(ear: Understander) -> None:
    old = ear.understand("3栋电梯坏了没人修")
    known = Known("m1", "王", old, START, old.place, {"王"}, {"m1"}, "3栋电梯坏了没人修")
    for text in ("", "我家也是", "垃圾没人清", "x" * 5000):
        new = Utterance("m2", "李", START, text, ear.understand(text))
        chances = Pairing.load().chances(new, new.understood, [known, known], ())
        assert sum(chances.values()) == pytest.approx(1)
        assert (NEW in chances) == (new.understood.band is not Band.IGNORE)


def test_the_right_state_stands_before_each_decision(ear: Understander) -> None:
    """Training shows a conversation as it should have gone: the second person's words belong to the first one's."""
    said = (
        Said("m1", "王", 0, "3栋电梯坏了没人修"),
        Said("m2", "赵", 20, "吃了吗"),
        Said("m3", "李", 60, "我爬了十二楼"),
    )
    ticket = Expected("complaint", "lift", "3栋", ("m1", "m3"), ("王", "李"))
    rows = list(decisions(Talk("X1-01", "X1", "", said, (ticket,)), ear.understand))
    assert [row.truth for row in rows] == [NEW, NOTHING, 0]
    assert all(row.truth in row.choices for row in rows)


def test_learned_weights_prefer_what_was_right() -> None:
    rows = [Decision({NOTHING: [], 0: ["own", "next"]}, 0), Decision({NOTHING: [], 0: ["other"]}, NOTHING)] * 5
    weights = fit(rows)
    assert weights["own"] > 0 > weights["other"]
    assert as_data({"own": 0.5, "#own#我": 0.25}) == {"weights": {"own": 0.5}, "words": {"own": {"我": 0.25}}}


@pytest.mark.parametrize(
    "said", ["哈" * 60 + "笑死我了", "谢谢" * 30 + "x", "嗯" * 80, "好的" * 40 + "x", "值班" + " " * 1600 + "x"]
)
def test_no_repeated_word_takes_long(room: Room, said: str) -> None:
    room.say("王", "3栋2单元电梯坏了没人修")
    started = time.process_time()
    room.say("李", said)
    assert time.process_time() - started < 1  # a pattern that tries all divisions would take years

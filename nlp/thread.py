"""Relate a message to the recent talk of its room: bursts, pictures, joins, updates, retractions.

Pure: the caller hands in the recent messages (oldest first) and the function that understands a text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from nlp.likeness import alike, as_of, elsewhere, fits, loud, matters, still_topic
from nlp.placing import apart, same
from nlp.understanding import Band, Cue, Kind, Link, Relation, Understand, Understanding, Utterance

BURST = timedelta(minutes=2)
"""One sender's messages closer than this may be one matter."""
RETRACTABLE = timedelta(minutes=10)
"""发错群了 reaches this far back."""
FRESH = timedelta(minutes=10)
"""我家也是 and +1 reach this far back; other ties reach as far as the recent messages go."""

MOST_PARTS = 5
HINT = 0.004  # score above which a message that is ignored alone may be half of a matter
SPEAKS = 0.004  # score above which it is more than small talk beside the sender's own matter
HALF = 0.02  # score that one of several quiet messages must reach before the leader is asked about them together
AT_ONCE = timedelta(seconds=60)
"""What the sender adds this soon belongs to his matter, whoever spoke between."""
FIRST_HALF = timedelta(minutes=3)
"""What the sender said this shortly before, while nobody else spoke, belongs to his matter."""
WORD = 3  # characters of a bare word: 心愿, 安静, 12

_AGREE_ONLY = 6  # characters up to which 同上 may be about anything that was said last
_SMALL_TALK = re.compile(
    r"[\s,.!?~。，！？…]*(?:(?:早|早安|晚安|早上好|上午好|中午好|下午好|晚上好|大家好|各位好|各位早|你好|您好|大家早|吃了吗|[哈呵嘿嘻]+|"
    r"收到|好的?|嗯+|哦+|噢|ok|okk?|是的|对的?|行|可以|知道了|明白|谢谢.{0,6}|多谢.{0,4}|感谢.{0,6}|辛苦了?|拜拜|再见|没事|\[[^\]]{1,4}\])"
    r"[了啊呀吧呢哦~!.。！，,\s]*)+",
    re.IGNORECASE,
)
_TO_THE_BOT = re.compile(
    r"\s*(?:菜单|帮助|我的|认领|接单|我来|完成|办结|满意|不满意|一般|确认|误报|受理|接手|转办|转派|退回|放弃|进度|查询|查|统计|周报|日报|"
    r"心愿|心愿墙|撤回|催办|安静|恢复|忘记我|别听我|登记|绑定|是|不是|关闭|重开|合并|改|台账|待办|值班|收到)\s*[#＃]?\s*[0-9]*\s*"
)
_MORE = re.compile(r"又|还(?!好|不错|行|可以|是算)|仲|继续|依旧|照样|没人[管来理修]|冇人")
_DONE = re.compile(
    r"(?<![没未冇不要等])(?:返嚟|[来到]了|[换修好开整通搞]咗|[换修清拆扫]了|通了|掂|拉走|挪走|移走|搬走|开走|拖走|亮了|好返)(?!一半|又|[吗么没?？])"
)
_OWN_NEWS = 30  # characters up to which 又 and 来了 are news of the own matter
_LOUDNESS = {Band.IGNORE: 0, Band.ASK: 1, Band.ACT: 2}


def relate(recent: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation:
    """How new relates to recent (same room, oldest first), and the understanding to act on."""
    past = recent
    if recent and (recent[-1].at > new.at or recent[-1].id == new.id):
        past = [said for said in recent if said.at <= new.at and said.id != new.id]
    for rule in (_retract, _quote, _news, _agree, _own, _own_news):
        relation = rule(past, new, understand)
        if relation is not None:
            return relation
    return _same_matter(past, new) or Relation(Link.NEW, None, new.understood)


def _retract(past: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation | None:
    """发错群了, 看错了: takes back the own matter, the quoted one first."""
    if Cue.RETRACT not in new.understood.cues:
        return None
    own = [s for s in past if s.sender == new.sender and matters(s) and new.at - s.at <= RETRACTABLE]
    if not own:
        return None
    target = next((s for s in own if s.id == new.quotes), own[-1])
    return Relation(Link.RETRACT, target.id, new.understood)


def _quote(past: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation | None:
    """A quote points at its message, whatever stands between."""
    target = next((said for said in past if said.id == new.quotes), None)
    if target is None or not matters(target):
        return None
    cues = new.understood.cues
    if Cue.UPDATE in cues:
        return Relation(Link.UPDATE, target.id, as_of(target, new))
    if cues & {Cue.SETTLED, Cue.THANKS}:
        return Relation(Link.SETTLED, target.id, new.understood)
    if target.sender == new.sender:
        return Relation(Link.BURST, target.id, as_of(target, new))
    if apart(target.understood.place, new.understood.place):
        return elsewhere(target, new) if Cue.JOIN in cues else None
    if Cue.JOIN in cues or new.understood.category == target.understood.category:
        return Relation(Link.JOIN, target.id, as_of(target, new))
    return None


def _news(past: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation | None:
    """还没修 and 修好了 speak of the latest matter that fits."""
    cues = new.understood.cues
    own = [s for s in past if s.sender == new.sender and matters(s)]
    if cues & {Cue.UPDATE, Cue.SETTLED}:
        link = Link.UPDATE if Cue.UPDATE in cues else Link.SETTLED
        fitting = [s for s in past if matters(s) and fits(s, new)]
        target = next((s for s in reversed(fitting) if s.sender == new.sender), fitting[-1] if fitting else None)
        if target is not None:
            return Relation(link, target.id, as_of(target, new) if link is Link.UPDATE else new.understood)
    elif Cue.THANKS in cues and own and not loud(new.understood) and own[-1].held and new.at - own[-1].at > BURST:
        return Relation(Link.SETTLED, own[-1].id, new.understood)
    return None


def _agree(past: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation | None:
    """我家也是 joins the last matter of another person; a bare +1 only while it is the topic."""
    if Cue.JOIN not in new.understood.cues:
        return None
    for index in range(len(past) - 1, -1, -1):
        said = past[index]
        if new.at - said.at > FRESH:
            return None
        if matters(said) and said.sender != new.sender:
            if len(new.text.strip()) <= _AGREE_ONLY and not still_topic(said, past[index + 1 :]):
                return None
            if loud(new.understood) and new.understood.kind is not said.understood.kind:
                continue
            if apart(said.understood.place, new.understood.place):
                return elsewhere(said, new)
            return Relation(Link.JOIN, said.id, as_of(said, new))
    return None


def _own_news(past: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation | None:
    """又没水了 and 来了 are news where they stand beside an own open matter."""
    text = new.text.strip()
    if loud(new.understood) or not text or len(text) > _OWN_NEWS or new.understood.cues & {Cue.JOIN, Cue.THANKS}:
        return None
    done, more = _DONE.search(text), _MORE.search(text)
    if not (done or more):
        return None
    target = next((s for s in reversed(past) if s.sender == new.sender and s.held), None)
    if target is None or apart(target.understood.place, new.understood.place):
        return None
    if done and not more:
        return Relation(Link.SETTLED, target.id, new.understood)
    return Relation(Link.UPDATE, target.id, as_of(target, new))


def _own(past: Sequence[Utterance], new: Utterance, understand: Understand) -> Relation | None:
    """What the sender said within the last minutes: more of his open matter, or the first half of this one."""
    near = list(_near(past, new))
    if not near:
        return None
    open_matter = next((said for said in reversed(near) if said.held), None)
    if open_matter is not None and _continues(open_matter, new, _alone(past, open_matter)):
        return Relation(Link.BURST, open_matter.id, as_of(open_matter, new))
    complete = loud(new.understood)
    mine = _uninterrupted(past, new) if complete else frozenset()
    loose = [s for s in near if not s.held and (_may_be_part(s, complete) or (s.id in mine and not _idle(s)))][
        -MOST_PARTS:
    ]
    if not loose:
        return None
    whole = _read_as_one(loose, new, understand)
    if not loud(whole):
        return None
    joined = _same_matter(past, replace(new, understood=whole))
    parts = tuple(said.id for said in loose)
    if joined is not None and joined.to not in parts:
        return replace(joined, parts=parts)
    return Relation(Link.NEW, None, whole, parts)


def _same_matter(past: Sequence[Utterance], new: Utterance) -> Relation | None:
    """The same matter in other words: category, and place or words, agree."""
    if not loud(new.understood):
        return None
    for said in reversed(past):
        if not (matters(said) and said.understood.category == new.understood.category):
            continue
        if said.sender == new.sender:
            if said.held and not apart(said.understood.place, new.understood.place) and alike(said, new):
                return Relation(Link.BURST, said.id, new.understood)
        elif _one_matter(said, new):
            return Relation(Link.JOIN, said.id, new.understood)
    return None


def _one_matter(said: Utterance, new: Utterance) -> bool:
    """Two people, one category: is it one matter? Public faults are shared, wishes and disputes mostly are not."""
    one, other = said.understood, new.understood
    if apart(one.place, other.place) or other.kind is Kind.DISPUTE:
        return False
    if other.kind is Kind.COMPLAINT and same(one.place, other.place):
        return True
    akin = alike(said, new)
    return akin if other.kind is Kind.COMPLAINT else akin and same(one.place, other.place)


def _continues(matter: Utterance, new: Utterance, alone: bool) -> bool:
    """Whether new goes on with the sender's own open matter rather than with small talk or a second matter.

    alone: nobody else has spoken since.
    """
    understood = new.understood
    if apart(matter.understood.place, understood.place) and loud(understood):
        return False
    if loud(understood):
        return understood.category == matter.understood.category or (
            understood.band is Band.ASK and understood.kind is matter.understood.kind
        )
    if new.pictures or new.pin:
        return True
    if _idle(new):
        return False
    wordy = bool(understood.cues & {Cue.FRAGMENT, Cue.UPDATE}) or understood.place is not None
    return wordy or alone or new.at - matter.at <= AT_ONCE or understood.score >= SPEAKS


def _alone(past: Sequence[Utterance], matter: Utterance) -> bool:
    """Whether nobody but its sender has spoken since matter."""
    for said in reversed(past):
        if said.id == matter.id:
            return True
        if said.sender != matter.sender:
            return False
    return True


def _uninterrupted(past: Sequence[Utterance], new: Utterance) -> frozenset[str]:
    """What the sender said just before, with nobody between."""
    found: set[str] = set()
    for said in reversed(past):
        if said.sender != new.sender or new.at - said.at > FIRST_HALF:
            break
        found.add(said.id)
    return frozenset(found)


def _idle(said: Utterance) -> bool:
    """A greeting, a laugh, thanks, or a word for the bot: part of no matter."""
    if said.pictures or said.pin:
        return False
    if said.understood.cues & {Cue.JOIN, Cue.THANKS, Cue.SETTLED, Cue.RETRACT}:
        return True
    text = said.text.strip()
    return not text or _SMALL_TALK.fullmatch(text) is not None or _TO_THE_BOT.fullmatch(text) is not None


def _read_as_one(loose: Sequence[Utterance], new: Utterance, understand: Understand) -> Understanding:
    """The understanding of loose and new together; that of new where the rest adds nothing."""
    alone = new.understood
    texts = [said.text.strip() for said in (*loose, new) if said.text.strip()]
    whole = alone
    heard = (alone, *(said.understood for said in loose))
    halves = any(u.score >= HINT or Cue.FRAGMENT in u.cues or u.place for u in heard)
    if len(texts) > 1 and halves and any(len(text) > WORD for text in texts):
        read = understand("，".join(texts))
        quiet = not any(loud(u) or u.score >= HALF or Cue.FRAGMENT in u.cues for u in heard)
        if read.band is Band.ASK and quiet:
            read = alone
        if _LOUDNESS[read.band] > _LOUDNESS[alone.band] or (loud(read) and read.category == alone.category):
            whole = read
    louder = max((s.understood for s in loose), key=lambda u: (_LOUDNESS[u.band], u.score))
    if _LOUDNESS[louder.band] > _LOUDNESS[whole.band]:
        whole = louder
    place = whole.place or next((u.place for u in (alone, *(s.understood for s in loose)) if u.place), None)
    pin = next((said.pin for said in (new, *reversed(loose)) if said.pin), None)
    return replace(whole, place=place or pin)


def _near(past: Sequence[Utterance], new: Utterance) -> Iterator[Utterance]:
    """The sender's own chain of messages, each within BURST of the next one, oldest first."""
    chain: list[Utterance] = []
    at = new.at
    for said in reversed(past):
        if at - said.at > BURST:
            break
        if said.sender == new.sender:
            if Cue.RETRACT in said.understood.cues:
                break
            chain.append(said)
            at = said.at
    return reversed(chain)


def _may_be_part(said: Utterance, complete: bool) -> bool:
    """Whether said may be half of a matter; complete: the other half already is one, so small talk stays out."""
    understood = said.understood
    if said.pictures or said.pin or loud(understood):
        return True
    if _TO_THE_BOT.fullmatch(said.text):
        return False
    if understood.cues & {Cue.JOIN, Cue.THANKS, Cue.SETTLED} or not said.text.strip():
        return False
    telling = understood.score >= HINT or understood.place is not None or Cue.FRAGMENT in understood.cues
    return telling or not complete

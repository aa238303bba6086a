"""The loose messages of one sender that are one matter only together."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from nlp.matters import loud
from nlp.understanding import Band, Cue, Understand, Understanding, Utterance

BURST = timedelta(minutes=2)
"""One sender's messages closer than this may be one matter."""
FIRST_HALF = timedelta(minutes=3)
"""What the sender said this shortly before, while nobody else spoke, belongs to his matter."""
MOST_PARTS = 5
HINT = 0.004  # score above which a message that is ignored alone may be half of a matter
HALF = 0.02  # score that one of several quiet messages must reach before the leader is asked about them together
WORD = 3  # characters of a bare word: 心愿, 安静, 12

_BLANKS = re.compile(r"\s+")
_SMALL = 24  # characters of small talk: the patterns try many ways, which only a short text bounds
_SMALL_TALK = re.compile(
    # one sign or one word at a time, so that no text can be divided in many ways
    r"(?:[\s,.!?~。，！？…了啊呀吧呢嗯哦噢哈呵嘿嘻]|早安|晚安|早上好|上午好|中午好|下午好|晚上好|大家好|各位好|各位早|大家早|你好|您好|早|吃了吗|"
    r"收到|好的|好|okk|ok|是的|是|对的|对|行|可以|知道|明白|(?:谢谢|多谢|感谢)(?:大家|各位|师傅|老师|您|你|啦|群主|邻居|书记|网格长)?|"
    r"辛苦|拜拜|再见|没事|\[[^\]]{1,4}\])+",
    re.IGNORECASE,
)
_TO_THE_BOT = re.compile(
    r" ?(?:菜单|帮助|我的|认领|接单|我来|完成|办结|满意|不满意|一般|确认|误报|受理|接手|转办|转派|退回|放弃|进度|查询|"
    r"查|统计|周报|日报|心愿|心愿墙|撤回|催办|安静|恢复|忘记我|别听我|登记|绑定|是|不是|关闭|重开|合并|改|台账|待办|值班|收到)"
    r" ?[#＃]? ?[0-9]* ?"
)
_LOUDNESS = {Band.IGNORE: 0, Band.ASK: 1, Band.ACT: 2}


def gathered(
    past: Sequence[Utterance], new: Utterance, understand: Understand
) -> tuple[Understanding, tuple[str, ...]]:
    """What new says together with the sender's loose messages just before, and their ids."""
    near = list(_near(past, new))
    if not near:
        return new.understood, ()
    complete = loud(new.understood)
    mine = _uninterrupted(past, new) if complete else frozenset()
    fitting = (said for said in near if _may_be_part(said, complete) or (said.id in mine and not idle(said)))
    loose = list(fitting)[-MOST_PARTS:]
    if not loose:
        return new.understood, ()
    whole = _read_as_one(loose, new, understand)
    return (whole, tuple(said.id for said in loose)) if loud(whole) else (new.understood, ())


def idle(said: Utterance) -> bool:
    """A greeting, a laugh, thanks, or a word for the bot: part of no matter."""
    if said.pictures or said.pin:
        return False
    if said.understood.cues & {Cue.JOIN, Cue.THANKS, Cue.SETTLED, Cue.RETRACT}:
        return True
    text = _BLANKS.sub(" ", said.text.strip())
    if len(text) > _SMALL:
        return False
    return not text or _SMALL_TALK.fullmatch(text) is not None or _TO_THE_BOT.fullmatch(text) is not None


def _uninterrupted(past: Sequence[Utterance], new: Utterance) -> frozenset[str]:
    """What the sender said just before, with nobody between."""
    found: set[str] = set()
    for said in reversed(past):
        if said.sender != new.sender or new.at - said.at > FIRST_HALF:
            break
        found.add(said.id)
    return frozenset(found)


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
            if said.held or Cue.RETRACT in said.understood.cues:
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

"""What a message does to a matter that was already spoken of: 我家也是, 还没修, 修好了, 发错群了."""

import re
from operator import add

from nlp.lexicons import Lexicons
from nlp.understanding import Cue

LONGEST = 40
"""Characters beyond which a message speaks for itself."""

_EDGES = re.compile(r"^[\s\W]+|[\s\W]+$")
_PARTICLES = re.compile(r"(?:不好意思|对不起|抱歉|各位|大家|[啊呀吧呢嘛哦噢哈了咯啦的喔哟哎唉嗯,.!?~。\s])+$")
_OPENING = re.compile(r"^(?:那个|哎|唉|额|哦|嗯|对|是的|不好意思|抱歉|对不起|大家|各位|[,!.~\s])+")
_ALSO = re.compile(
    r"^(?:我|咱|这|楼上|[0-9a-z一二三四五六七八九十]+(?:栋|号楼|单元|楼|座|巷|组)).{0,7}也(?:是|一样|这样|有|没|停|坏|漏|不|堵|断)"
)  # 我们5栋也是, 三单元也停了
_ALSO_LENGTH = 12
_TOO = re.compile(
    r"^(?:[^,.!?]{0,4}[,.!? ])?(?:我|俺|咱|阿拉|侬|额|饿)"
    r"(?:们|家|屋|度|哋|这|那|里|边|头|栋|单元|个|屋企|嘎)*.{0,5}?[也都]"
    r"(?!不知|知道|觉得|不会|想问|"
    r"没办法|笑|服|去过|没事|没关系|不懂|不晓得|说了|讲了|看到|是醉|听|信|行|可以|好|能|帮)|"
    r"(?:^|[我俺咱家这那边里栋楼层元巷号区度哋])也(?:是|停|没有?|冇|这样|一样|坏|漏|黑|堵)"
)  # 我家楼道也好几天了: said in own words, where no list has it
_TOO_LENGTH = 28
_OPINION = re.compile(r"[也都](?:不知|不懂|不晓|不会|没办法|没事|没关系|没说|觉得|想问|是醉)")
_MISTAKEN = re.compile(
    r"^(?:哦|啊|不好意思|抱歉|对不起|是我)?[,!. ]?(看错|搞错|弄错)了?(?:[,!. ]|\1)(?!.*(?:吧|吗|\?)$)"
)
_TAKEN_BACK = re.compile(
    r"(?:看|听|搞|弄|认|闻|记|贴)错(?!.*[?吗吧]$)|^.{0,4}(?:搞错|虚惊|乌龙)|看花眼|眼花了|眼拙|闹(?:了?个?大?)笑话|^撤了|^(?:莫|不用|别)找了"
)  # the speaker was mistaken: it takes back only what he has just said himself
_CORRECTING = frozenset(("打错了", "打错"))  # 打错了，是5栋 corrects a word
_TAKEN_LENGTH = 24
_SPARE = 3  # characters that may stand beside a "whole" word
_UNDONE = re.compile(r"[没不未冇别]|什么时候|几时|何时|怎么|还要|要是|如果|等|才")  # shortly before: not settled
_DOUBTED = re.compile(r"^(?:[吗没么?]|一半|又|还是|才|再|以后|之后|后又|前|就好|没有|不到)|^.{0,3}[吗?]")  # right after


class Cues:
    """Finds the cues of a text by the word list cues.tsv."""

    def __init__(self, lexicons: Lexicons) -> None:
        places: dict[str, dict[str, list[Cue]]] = {"whole": {}, "start": {}, "any": {}}
        for word in lexicons.words("cues"):
            for entry in lexicons.entries(word):
                if entry.list == "cues":
                    for where in entry.codes:
                        places[where].setdefault(word, []).append(Cue(entry.name))
        self._whole, self._start, self._any = places["whole"], places["start"], places["any"]
        words = sorted(lexicons.words("cues"), key=len, reverse=True)
        self._hint = re.compile("|".join(map(re.escape, words)))
        # Most messages have none of these beginnings, and the search costs more than all else here.
        self._single = frozenset(word for word in words if len(word) == 1)
        self._beginnings = frozenset(word[:2] for word in words)

    def __call__(self, text: str) -> frozenset[Cue]:
        """The cues of a normalised text; none for a long one."""
        if len(text) > LONGEST:
            return frozenset()
        also = (
            ("也" in text or "都" in text)
            and len(text) <= _TOO_LENGTH
            and _OPINION.search(text) is None
            and (_TOO.search(text) is not None or (len(text) <= _ALSO_LENGTH and _ALSO.match(text) is not None))
        )
        if "错了" in text and _MISTAKEN.match(text):
            return frozenset((Cue.RETRACT,))
        if len(text) <= _TAKEN_LENGTH and _TAKEN_BACK.search(text):
            return frozenset((Cue.RETRACT,))
        if not also and not self._hints(text):
            return frozenset()
        core = _EDGES.sub("", text) if not text.startswith("+") else text
        bare = _PARTICLES.sub("", _OPENING.sub("", core)) or core
        found: set[Cue] = {Cue.JOIN} if also else set()
        for word, cues in self._whole.items():
            if word in _CORRECTING and bare != word:
                continue
            if word in core and len(bare) <= len(word) + (_SPARE if len(word) > 1 else 0) and _stands(word, core, cues):
                found.update(cues)
        for word, cues in self._start.items():
            if bare.startswith(word) or core.startswith(word):
                found.update(cues)
        for word, cues in self._any.items():
            if word in core and _stands(word, core, cues):
                found.update(cues)
        if _OPINION.search(text) is not None:
            found.discard(Cue.JOIN)
        if Cue.UPDATE in found:
            found.discard(Cue.SETTLED)
        return frozenset(found)

    def _hints(self, text: str) -> bool:
        """Whether any word of the list stands in text."""
        if self._single.isdisjoint(text) and self._beginnings.isdisjoint(map(add, text, text[1:])):
            return False
        return self._hint.search(text) is not None


def _stands(word: str, text: str, cues: list[Cue]) -> bool:
    """Whether 修好了 is said as a fact: not 没修好了, not 修好了吗."""
    if Cue.SETTLED not in cues:
        return True
    start = text.index(word)
    before, after = text[max(0, start - 4) : start], text[start + len(word) :]
    return not _UNDONE.search(before) and not _DOUBTED.match(after)

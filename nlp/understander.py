"""Understand one message, without its context: the steps of the package in their order."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import nlargest

from nlp.classify import Model, Scores, agreed
from nlp.cries import cry, may_cry
from nlp.cues import Cues
from nlp.delicate import branded, ill, quarrelsome, young
from nlp.evidence import evidence
from nlp.explaining import Explanation, Weighing, weigh
from nlp.extract import cries, emergency, flags, urgency
from nlp.features import Reader, Reading, names
from nlp.lexicons import Lexicons
from nlp.normalise import Normal, Normaliser
from nlp.places import Places
from nlp.segment import Segmenter
from nlp.taxonomy import Taxonomy
from nlp.understanding import Band, Cue, Flag, Kind, Understanding, Urgency

CHATTER = Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0)
COMFORT = "companionship"
"""The category of words of suicide that are no matter otherwise."""
AT_HOME = "family"
"""The category of blows at home, whatever else is said."""

LEANINGS = 3
"""Categories that an understanding names as likely."""
FRAGMENT_LENGTH = 10
"""Characters up to which a message that only points (三楼那个, 就在那边) may be half of a matter."""

_ABOUT_A_PLACE = frozenset((Cue.JOIN, Cue.UPDATE, Cue.SETTLED, Cue.FRAGMENT))
_POINTING = re.compile(
    r"^(?:就是|就在|在)?[0-9一二三四五六七八九十a-z]{0,3}(?:栋|号楼|单元|楼|座|门|巷|组)?(?:那个|这个|那边|这边|那里|这里|那盏|那台|门口)"
)

SEGMENTED = ("things", "faults", "needs", "parties", "emergencies")
"""The lists whose words the segmenter learns; the others are found in any cut."""


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What scores, flags and words of alarm decide together. act: the cut that held for this text."""

    band: Band
    category: str
    act: float
    alarm: bool
    flags: frozenset[Flag]
    cried: bool


class Understander:
    """Holds what was loaded once: word lists, tokenizer, weights. Safe to use from many threads."""

    def __init__(self, normalise: Normaliser, lexicons: Lexicons, model: Model, taxonomy: Taxonomy) -> None:
        self._normalise = normalise
        self._read = Reader(lexicons, Segmenter(lexicons.words(*SEGMENTED)))
        self._model = model
        self._taxonomy = taxonomy
        self._places = Places(lexicons)
        self._cues = Cues(lexicons)

    @classmethod
    def load(cls) -> "Understander":
        """Load lexicons and weights of the package; takes about a second."""
        normalise = Normaliser()
        return cls(normalise, Lexicons.load(normalise.word), Model.load(), Taxonomy.load())

    def fold(self, text: str) -> str:
        """The text in half width, lower case and simplified characters, one character for one."""
        return self._normalise.fold(text)

    def understand(self, text: str) -> Understanding:
        """Kind, category, band, score, place, urgency, evidence, flags and cues of one message."""
        normal, first, leaves = self._heard(text)
        if leaves:
            return self._chatter(normal)
        reading = self._read(normal)
        scores = self._model(reading)
        return self._meaning(reading, scores, self._judge(reading, scores, first))

    def understand_many(self, texts: Iterable[str]) -> list[Understanding]:
        """understand() for each text, in order."""
        return [self.understand(text) for text in texts]

    def delicate(self, text: str) -> frozenset[str]:
        """Why not everybody may read a text, whatever its band: values of Flag, "dispute" for words of a quarrel."""
        words, meaning = self._normalise(text).text, self.understand(text)
        sure = meaning.band is Band.ACT
        found = {flag.value for flag in meaning.flags} if sure else set()
        found |= {Flag.HEALTH.value} if ill(words) else set()
        found |= {Flag.FORMER.value} if branded(words) else set()
        found |= {Flag.MINOR.value} if young(words) else set()
        if quarrelsome(words) or (sure and meaning.kind is Kind.DISPUTE):
            found.add(Kind.DISPUTE.value)
        return frozenset(found)

    def explain(self, text: str) -> Explanation:
        """The steps of understand() with what each of them found, and its outcome."""
        normal, first, leaves = self._heard(text)
        cut = self._model.thresholds
        firsts = (first, cut.gate, self._model.second(normal.text), cut.second)
        if leaves:
            return Explanation(normal.text, *firsts, None, self._chatter(normal))
        reading = self._read(normal)
        scores = self._model(reading)
        judged = self._judge(reading, scores, first)
        best = sorted(self._model.needs, key=lambda code: -scores.heads[code])[: Weighing.MOST]
        weighing = Weighing(
            words=tuple(reading.words),
            hits=tuple(reading.hits),
            alarms=tuple(sorted(reading.alarms)),
            best=tuple((code, scores.heads[code]) for code in best),
            none=(code := self._model.none_category(scores.heads), scores.heads[code]),
            score=scores.score,
            act=judged.act,
            act_first=cut.act_first,
            ask=cut.ask,
            emergency=(scores.heads["emergency"], cut.emergency),
            pulls=weigh(reading, self._model, scores, judged.category),
            cried=judged.cried,
        )
        return Explanation(normal.text, *firsts, weighing, self._meaning(reading, scores, judged))

    def features(self, text: str) -> tuple[int, ...]:
        """The rows of the model that the text has, in order of their numbers; they mean something beside model_id."""
        found = enumerate(names(self._read(self._normalise(text))))
        rows = (self._model.row(block, name) for block, block_names in found for name in block_names)
        return tuple(sorted(row for row in rows if row is not None))

    @property
    def model_id(self) -> str:
        """Names the weights: features of different models cannot be compared."""
        return self._model.id

    def _heard(self, text: str) -> tuple[Normal, float, bool]:
        """The normalised text, its first score, and whether it leaves here as chatter."""
        normal = self._normalise(text)
        first = self._model.first(normal.text)
        return normal, first, self._is_chatter(normal.text, first) and not may_cry(normal.text)

    def _is_chatter(self, text: str, first: float) -> bool:
        """Whether two cheap scores rule out that a normalised text matters, or is half of what does."""
        if not text or first < self._model.thresholds.gate:
            return True
        return self._model.hopeless(text) and not (len(text) <= FRAGMENT_LENGTH and self._places.may_name(text))

    def _chatter(self, normal: Normal) -> Understanding:
        found = self._talk(normal.text)
        if not found:
            return CHATTER
        place = self._places(self._read(normal)) if found & _ABOUT_A_PLACE else None
        return Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0, place, cues=found)

    def _talk(self, text: str) -> frozenset[Cue]:
        """The cues of a text that is no matter by itself."""
        found = self._cues(text)
        if len(text) <= FRAGMENT_LENGTH and _POINTING.match(text):
            found |= {Cue.FRAGMENT}
        return found

    def _judge(self, reading: Reading, scores: Scores, first: float) -> _Judgement:
        cut = self._model.thresholds
        alarm = scores.score >= cut.emergency_floor and emergency(reading, scores.heads["emergency"], cut.emergency)
        act = cut.act if agreed(reading) else cut.act_alone
        sure = scores.score >= act and first >= cut.act_first
        band = Band.ACT if alarm or sure else Band.ASK if scores.score >= cut.ask else Band.IGNORE
        category, found, cried = scores.category, flags(reading), cries(reading)
        if cried and band is Band.IGNORE:
            band, category = Band.ASK, COMFORT
        if Flag.SUICIDE in cried and self._taxonomy.kind(category) is Kind.WISH:
            category = COMFORT
        if Flag.VIOLENCE in cried and self._taxonomy.kind(category) is not Kind.DISPUTE:
            category = AT_HOME
        if band is Band.ACT and (category == "group_petition" or Flag.PETITION in found):
            band = Band.ASK
        return _Judgement(band, category, act, alarm, found, bool(cried))

    def _meaning(self, reading: Reading, scores: Scores, judged: _Judgement) -> Understanding:
        if judged.band is Band.IGNORE:
            return self._ignored(reading, scores)
        high, pulls = scores.heads["high"], self._model.pulls(reading, scores, judged.category)
        return Understanding(
            kind=self._taxonomy.kind(judged.category),
            category=judged.category,
            band=judged.band,
            score=scores.score,
            place=self._places(reading),
            urgency=Urgency.EMERGENCY if judged.alarm else urgency(reading, high, self._model.thresholds.high),
            evidence=evidence(reading, pulls, cry(reading.text) if judged.cried else None),
            flags=judged.flags,
            cues=self._cues(reading.text),
            leanings=self._leanings(scores),
        )

    def _ignored(self, reading: Reading, scores: Scores) -> Understanding:
        category = self._model.none_category(scores.heads)
        place = self._places(reading)
        found = self._talk(reading.text)
        if place and len(reading.text) <= FRAGMENT_LENGTH and category == "chat":
            found |= {Cue.FRAGMENT}
        leanings = self._leanings(scores)
        return Understanding(Kind.NONE, category, Band.IGNORE, scores.score, place, cues=found, leanings=leanings)

    def _leanings(self, scores: Scores) -> tuple[str, ...]:
        return tuple(nlargest(LEANINGS, self._model.needs, key=scores.heads.__getitem__))


def reader() -> Callable[[str], Reading]:
    """Normalise and segment as understand() does, for training."""
    normalise = Normaliser()
    lexicons = Lexicons.load(normalise.word)
    read = Reader(lexicons, Segmenter(lexicons.words(*SEGMENTED)))
    return lambda text: read(normalise(text))

"""Understand one message, without its context: the steps of the package in their order."""

from collections.abc import Callable, Iterable

from nlp.classify import Model, Scores
from nlp.cues import Cues
from nlp.evidence import evidence
from nlp.extract import emergency, flags, urgency
from nlp.features import Reader, Reading
from nlp.lexicons import Lexicons
from nlp.normalise import Normaliser
from nlp.places import Places
from nlp.segment import Segmenter
from nlp.taxonomy import Taxonomy
from nlp.understanding import Band, Flag, Kind, Understanding, Urgency

CHATTER = Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0)
SEGMENTED = ("things", "faults", "needs", "parties", "emergencies")
"""The lists whose words the segmenter learns; the others are found in any cut."""


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
        normal = self._normalise(text)
        if not normal.text or self._model.gate(normal.text) < self._model.thresholds.gate:
            return self._chatter(normal.text)
        reading = self._read(normal)
        return self._decide(reading, self._model(reading))

    def understand_many(self, texts: Iterable[str]) -> list[Understanding]:
        """understand() for each text, in order."""
        return [self.understand(text) for text in texts]

    def _chatter(self, text: str) -> Understanding:
        found = self._cues(text)
        return Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0, cues=found) if found else CHATTER

    def _decide(self, reading: Reading, scores: Scores) -> Understanding:
        cut = self._model.thresholds
        alarm = scores.score >= cut.emergency_floor and emergency(
            reading, scores.heads.get("emergency", -9.0), cut.emergency
        )
        found = flags(reading)
        band = Band.ACT if scores.score >= cut.act or alarm else Band.ASK if scores.score >= cut.ask else Band.IGNORE
        if scores.category == "group_petition" or Flag.PETITION in found:
            band = Band.ASK if band is Band.ACT else band
        talk = self._cues(reading.text)
        if band is Band.IGNORE:
            category = self._model.none_category(scores.heads)
            return Understanding(Kind.NONE, category, band, scores.score, self._places(reading), cues=talk)
        return Understanding(
            kind=self._taxonomy.kind(scores.category),
            category=scores.category,
            band=band,
            score=scores.score,
            place=self._places(reading),
            urgency=Urgency.EMERGENCY if alarm else urgency(reading, scores.heads.get("high", -9.0), cut.high),
            evidence=evidence(reading, self._model.pulls(reading, scores.category)),
            flags=found,
            cues=talk,
        )


def reader() -> Callable[[str], Reading]:
    """Normalise and segment as understand() does, for training."""
    normalise = Normaliser()
    lexicons = Lexicons.load(normalise.word)
    read = Reader(lexicons, Segmenter(lexicons.words(*SEGMENTED)))
    return lambda text: read(normalise(text))

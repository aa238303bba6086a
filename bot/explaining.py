"""xiaoshao explain: every step of understanding one message, in readable Chinese."""

from collections.abc import Iterable, Iterator

from handlers.wording import load_wording
from nlp.explaining import Explanation, Weighing
from nlp.lexicons import Entry, Hit
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander
from nlp.understanding import Band, Cue, Flag, Kind, Urgency

_LISTS = {
    "things": "东西", "faults": "毛病", "needs": "需要", "parties": "对方", "places": "地点", "times": "时间",
    "urgency": "着急", "emergencies": "险情", "flags": "要小心", "turnoffs": "不作数", "cues": "接话",
    "concepts": "话题",
}  # fmt: skip
_CLASSES = {
    "advert": "广告", "elsewhere": "别处的", "hypothetical": "假设", "joke": "玩笑", "negation": "否定",
    "notice": "通知", "offer": "愿意帮忙", "past": "过去的", "question": "提问", "retraction": "收回",
    "settled": "已经好了", "story": "剧里的", "thanks": "道谢", "fire": "火", "gas": "煤气", "trapped": "被困",
    "missing": "走失", "collapse": "倒下、落水", "health": "健康", "minor": "孩子", "petition": "上访罢工",
    "former": "以前的事", "suicide": "轻生", "violence": "暴力", "join": "我也是", "update": "还没好",
    "retract": "收回", "fragment": "半句话",
}  # fmt: skip
"""The classes whose names tell people something; the others are told by the categories that they point at."""

_SHOWN = 4
"""Words that are named as pulling to either side."""
_FAINT = 0.05
"""What pulls less than that is not named."""


def explain(text: str) -> str:
    """What understanding saw in the text, step by step, and what follows from it."""
    understander, taxonomy = Understander.load(), Taxonomy.load()
    return "\n".join(f"{name}：{value}" for name, value in _lines(understander.explain(text), text, taxonomy))


def _lines(found: Explanation, text: str, taxonomy: Taxonomy) -> Iterator[tuple[str, str]]:
    yield "原话", text
    yield "整理后", found.text or "（什么都没有）"
    yield "初看", f"{found.first:.2f}，够 {found.gate:.2f} 才往下看{_short_of(found, found.first, found.gate)}"
    if found.first >= found.gate:
        reached = _short_of(found, found.second, found.second_cut)
        yield "再看", f"{found.second:.2f}，够 {found.second_cut:.2f} 才往下看{reached}"
    if found.weighing is not None:
        yield from _weighed(found, found.weighing, taxonomy)
    outcome = found.outcome
    yield "地点", outcome.place or "没说"
    yield "接话", _named(_CLASSES.get(cue.value, cue.value) for cue in sorted(outcome.cues))
    yield "结论", _conclusion(found, taxonomy)


def _short_of(found: Explanation, score: float, cut: float) -> str:
    """Whether a first score did not reach its cut, and why that does not always end it."""
    if score >= cut:
        return ""
    if found.weighing is None:
        return "：不够"
    return "：不够，但有轻生、家暴的话" if found.weighing.cried else "：不够，但很短，可能在说地方"


def _weighed(found: Explanation, weighing: Weighing, taxonomy: Taxonomy) -> Iterator[tuple[str, str]]:
    yield "分词", " ".join(word for word in weighing.words if word.strip())
    yield "词表", _hits(weighing.hits, taxonomy)
    yield "险情的说法", _named(_CLASSES.get(name, name) for name in weighing.alarms)
    none, logit = weighing.none
    best = "，".join(f"{taxonomy[code].name} {value:.2f}" for code, value in weighing.best)
    yield "像哪一类", f"{best}；不用办的里面最像{taxonomy[none].name} {logit:.2f}"
    yield (
        "把握",
        (
            f"{weighing.score:.3f}；够 {weighing.ask:.3f} 私下问网格长，够 {weighing.act:.3f} "
            f"并且初看够 {weighing.act_first:.2f} 就登记"
        ),
    )
    for name, sign in (("往这边拉的", 1), ("往回拉的", -1)):
        pulls = [(word, value) for word, value in weighing.pulls[::sign] if value * sign > _FAINT][:_SHOWN]
        yield name, _named(f"{word or '长短、标点和搭配'} {value:+.2f}" for word, value in pulls)
    emergency, cut = weighing.emergency
    yield "急不急", f"{_URGENCIES[found.outcome.urgency]}（险情 {emergency:.2f}，要 {cut:.2f} 上下）"
    yield "要小心", _named(_CLASSES[flag.value] for flag in sorted(found.outcome.flags))


def _hits(hits: Iterable[Hit], taxonomy: Taxonomy) -> str:
    """Lexicon words by list, each with what its class is called or which categories it points at."""
    by_list: dict[str, list[str]] = {}
    for hit in hits:
        for entry in hit.entries:
            meant = _meant(entry, taxonomy)
            said = f"{hit.word}（{meant}）" if meant else hit.word
            words = by_list.setdefault(_LISTS[entry.list], [])
            if said not in words:
                words.append(said)
    return "；".join(f"{name} {'、'.join(words)}" for name, words in by_list.items()) or "没有"


def _meant(entry: Entry, taxonomy: Taxonomy) -> str:
    if entry.list in ("turnoffs", "flags", "emergencies", "cues") and entry.name in _CLASSES:
        return _CLASSES[entry.name]
    return "、".join(taxonomy[code].name for code in entry.codes if code in taxonomy)


def _named(names: Iterable[str]) -> str:
    return "，".join(names) or "没有"


_URGENCIES = {Urgency.EMERGENCY: "险情，马上", Urgency.HIGH: "急", Urgency.NORMAL: "不急"}


def _conclusion(found: Explanation, taxonomy: Taxonomy) -> str:
    """The decision and what the bot does because of it, as one sentence."""
    outcome, words = found.outcome, load_wording()
    if outcome.kind is Kind.NONE:
        if outcome.cues - {Cue.THANKS}:
            return "只是接着前面的话说，自己不登记。"
        return f"没有要办的事（{taxonomy[outcome.category].name}），不登记。"
    what = f"{words.say(f'kind.{outcome.kind.value}')}【{taxonomy[outcome.category].name}】"
    hidden = outcome.kind is Kind.DISPUTE or outcome.flags & {Flag.VIOLENCE, Flag.SUICIDE, Flag.PETITION}
    if outcome.band is Band.ASK:
        does = "拿不准或不能直接登记，群里不说，私下请网格长看"
    else:
        does = "登记，群里不说，私下告诉网格长" if hidden else "登记，在群里说一句"
    urgent = "，按急事马上告诉值班的人" if outcome.urgency is Urgency.EMERGENCY or _in_peril(outcome.flags) else ""
    return f"{what}{does}{urgent}。依据：{'、'.join(outcome.evidence) or words.say('name.none')}。"


def _in_peril(flags: frozenset[Flag]) -> bool:
    return bool(flags & {Flag.VIOLENCE, Flag.SUICIDE}) and Flag.PETITION not in flags

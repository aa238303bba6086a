"""What people say to the bot every day, each with a ticket of its own: the messages of bench.commands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.past import ASKERS, SAID, Past, house
from bot.outcome import Outcome
from handlers.registry import Command


@dataclass(frozen=True, slots=True)
class Said:
    """A message: words, speaker and micro-grid (None: in private)."""

    text: str
    speaker: str
    node: int | None


@dataclass(frozen=True, slots=True)
class Usual:
    """A message that people say every day. step: what it writes into a history, once each time."""

    name: str
    said: Callable[[Past, int], Said]
    step: str = ""
    outcome: Outcome = Outcome.COMMAND
    word: str = ""

    def known(self, commands: Iterable[Command]) -> bool:
        """Whether there is such a command, for those that came later."""
        return not self.word or any(self.word in command.words for command in commands)


def _of(purpose: str, words: str, speaker: str = "p{node}") -> Callable[[Past, int], Said]:
    """Words in the group where a ticket of that purpose is open, by default by whoever leads there."""

    def said(past: Past, time: int) -> Said:
        node, number = past.place(purpose, time), past.number(purpose, time)
        asker, named = f"r{node}-{time % ASKERS}", f"m{past.village}-{time % 10}"
        text = words.format(number=number, name=named.replace("m", "党员"))
        return Said(text, speaker.format(node=node, asker=asker, member=named), node)

    return said


def _alone(words: str, speaker: str) -> Callable[[Past, int], Said]:
    """Words in private, by somebody of the busy village."""

    def said(past: Past, time: int) -> Said:
        node = past.micro[time % len(past.micro)]
        text = words.format(number=past.number("join", time))
        return Said(text, speaker.format(node=node, village=past.village, n=time % 10), None)

    return said


def _in_group(words: Callable[[int], str], speaker: str = "r{node}-{n}") -> Callable[[Past, int], Said]:
    def said(past: Past, time: int) -> Said:
        node = past.micro[time % len(past.micro)]
        return Said(words(time), speaker.format(node=node, n=ASKERS + time % 10), node)

    return said


def _joins(past: Past, time: int) -> Said:
    """What somebody else says of a matter that is open already."""
    place, said = house(past.number("join", time) - 1), SAID[6 % len(SAID)]
    node = past.place("join", time)
    return Said(f"{place}{said}", f"r{node}-{ASKERS + time % 10}", node)


USUAL = (
    Usual("处理 N", _of("process", "处理 {number} 师傅下午到"), "processed"),
    Usual("办结 N", _of("resolve", "办结 {number} 换好了"), "resolved"),
    Usual("认领 N", _of("claim", "认领 {number}", "{member}"), "claimed"),
    Usual("转办 N @人", _of("transfer", "转办 {number} @{name}"), "transferred"),
    Usual("延期 N", _of("extend", "延期 {number} 3天 等材料"), "extended", word="延期"),
    Usual("满意 N", _of("rate", "满意 {number}", "{asker}"), "closed"),
    Usual("查 N", _of("join", "查 {number}", "{asker}")),
    Usual("查 N, leader in private", _alone("查 {number}", "p{node}")),
    Usual("我的, resident", _alone("我的", "r{node}-{n}")),
    Usual("我的, leader", _alone("我的", "p{node}")),
    Usual("我的, party member", _alone("我的", "m{village}-{n}")),
    Usual("菜单", _in_group(lambda _: "@小哨 菜单")),
    Usual("日报, micro-grid", _alone("日报", "p{node}")),
    Usual("日报, village", _alone("日报", "p{village}")),
    Usual(
        "talk that opens a ticket",
        _in_group(lambda time: f"{house(800 + time)}电梯坏了，按了没反应"),
        "opened",
        Outcome.EFFECT,
    ),
    Usual("talk that joins one", _joins, "joined", Outcome.EFFECT),
    Usual("talk without a matter", _in_group(lambda _: "今天天气真好，出去走走"), "", Outcome.IGNORED),
)

"""The real program over a plain understanding, for tests that are not about language."""

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Engine

from bot.app import App, build
from handlers.policy import load_policy
from handlers.wording import load_wording
from nlp.understander import Understander
from nlp.understanding import Band, Kind, Understanding, Urgency


class PlainUnderstander:
    """漏水 is a complaint and 着火 an emergency; everything else is chat."""

    def fold(self, text: str) -> str:
        return text.lower()

    model_id = "plain"

    def features(self, text: str) -> tuple[int, ...]:
        return ()

    def delicate(self, text: str) -> frozenset[str]:
        return frozenset()

    def understand(self, text: str) -> Understanding:
        if "着火" in text:
            return Understanding(
                Kind.COMPLAINT, "fire_safety", Band.ACT, 0.99, None, Urgency.EMERGENCY, evidence=("着火",)
            )
        if "漏水" in text:
            return Understanding(Kind.COMPLAINT, "utilities", Band.ACT, 0.99, evidence=("漏水",))
        return Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0)


def plain_app(engine: Engine, accounts: Iterable[str], *, limits: bool = False, **more: Any) -> App:
    """The program over a database, without budgets and quiet hours unless limits."""
    return build(
        engine,
        accounts=tuple(accounts),
        policy=load_policy(),
        words=load_wording(),
        understander=cast(Understander, PlainUnderstander()),
        limits=limits,
        **more,
    )

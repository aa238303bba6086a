"""The clock of rounds: what one pack planned is looked at under another."""

from itertools import product

import pytest
from sqlalchemy import Engine
from worlds import NOW, build_world

from handlers.effects import Remind, Tell
from handlers.policy import load_policy
from handlers.record import rounds
from handlers.setting import Setting
from handlers.wording import load_wording
from models.codes import Role
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding

PACKS = ("default", "dongkeng", "bayannur", "dongping", "yunfu", "zhenjiang")


def _deaf(text: str) -> Understanding:
    raise AssertionError(text)


SETTINGS = {name: Setting(load_policy(name), load_wording(), Taxonomy.load(), _deaf) for name in PACKS}


@pytest.mark.parametrize(("before", "after"), list(product(PACKS, PACKS)))
def test_a_look_planned_by_one_pack_runs_under_another(engine: Engine, before: str, after: str) -> None:
    with UnitOfWork(engine) as uow:
        world = build_world(uow)
        uow.people.grant(uow.people.add("老何"), world.micro, Role.MICRO_LEADER)
        assert world.village.id is not None
        planned = rounds.plan(SETTINGS[before], world.village, NOW)
        effects = rounds.remind(uow, SETTINGS[after], world.village.id, NOW)
        assert bool(planned) == (before == "dongping")
        assert any(isinstance(one, Remind) for one in effects) == (after == "dongping")
        assert any(isinstance(one, Tell) for one in effects) == (after == "dongping")

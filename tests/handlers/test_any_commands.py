"""Any 200 lines of anybody: commands, talk, quotes, time, roles that end. What must hold stands in invariants.py.

The examples are the same at every run. For long runs: python -m bench.soak --examples 500.
"""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from invariants import OF_MESSAGE, OF_POST, OF_STATE
from saying import GENERATORS, ByRandom
from village import Village, play, replay

from handlers.commands import COMMANDS
from handlers.parsing import Needs, Parser, order_words
from handlers.registry import Command
from nlp.understander import Understander

LENGTH = 200
EXAMPLES = 4
"""Each takes about six seconds of CPU; bench/soak.py plays as many as one likes."""
TRIES = 40


def test_there_is_a_generator_for_whatever_a_command_needs() -> None:
    assert set(GENERATORS) == set(Needs)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_lines_of_each_command_are_read_as_that_command(
    village: Village, understander: Understander, command: Command
) -> None:
    spellings = order_words([word for other in COMMANDS for word in other.spellings()])
    parser, chooser = Parser(spellings, ("小哨",), understander.fold), ByRandom(Random(command.name))
    lines = [village.talker.command_line(chooser, command) for _ in range(TRIES)]
    parsed = [parser.parse(parser.line(line, mentioned=False)) for line in lines]
    assert any(one is not None and one.command == command.name for one in parsed), lines


def test_each_rule_says_why_it_matters() -> None:
    for rule in (*OF_MESSAGE, *OF_POST, *OF_STATE):
        assert rule.__doc__, rule.__name__


@pytest.fixture(scope="module")
def village(understander: Understander) -> Village:
    return Village(understander)


@pytest.mark.timeout(600)
@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],  # a failure names its lines; bench/soak.py makes them fewer
    suppress_health_check=list(HealthCheck),
)
@given(random=st.randoms(use_true_random=False))
def test_whatever_is_said_the_invariants_hold(understander: Understander, random: Random) -> None:
    village = Village(understander)
    try:
        play(village, ByRandom(random), LENGTH)
    finally:
        village.close()


def test_a_sequence_can_be_played_again(understander: Understander) -> None:
    village = Village(understander)
    play(village, ByRandom(Random(1)), 30)
    village.close()
    assert replay(understander, village.lines, every=len(village.lines)) is None

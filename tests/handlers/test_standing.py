"""The whole table of who may read what of a ticket, written out here once more, apart from the code that has it."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine
from worlds import ACCOUNT, NOW, World, add_ticket, build_world

from handlers.discreet.standing import READS, Kind, Privacy, Standing, allows, privacy, reads, standing, standings
from handlers.discreet.wordless import UNREAD, wordless
from handlers.policy import load_policy
from handlers.setting import Setting
from handlers.wording import load_wording
from models.codes import Role, Status, TicketKind
from models.ticket_tables import Ticket
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understander import Understander

KINDS = ("exists", "outline", "words", "sensitive", "names", "contact", "notes")
EXPECTED = """
accused     ----  ----  ----  ----  ----  ----  ----
asker       PQVD  PQVD  PQVD  PQVD  ----  PQVD  ----
left        ----  PQVD  PQVD  PQVD  ----  PQVD  ----
holder      PQVD  PQVD  PQVD  PQVD  PQVD  ----  ----
given       PQVD  PQVD  PQVD  PQVD  PQVD  PQVD  ----
helper      PQVD  P---  ----  ----  ----  ----  ----
in_charge   PQVD  PQVD  PQVD  PQVD  PQVD  PQVD  PQVD
privy       PQVD  PQV-  PQV-  ----  PQV-  ----  PQVD
staff       PQ-D  PQ--  PQ--  ----  PQ--  ----  PQ-D
above       PQVD  P---  ----  ----  ----  ----  ----
colleague   PQ-D  PQ--  PQ--  ----  PQ--  ----  ----
company     PQ-D  P---  P---  ----  P---  ----  ----
joiner      PQVD  P---  ----  ----  ----  ----  ----
panel       PQ-D  P---  ----  ----  ----  ----  ----
neighbour   PQ-D  P---  ----  ----  ----  ----  ----
staff_room  PQVD  P---  ----  ----  ----  ----  ----
group       PQ-D  P---  ----  ----  ----  ----  ----
"""
"""P public, Q public but without words in groups, V private, D health, 低保 or children."""
LETTERS = {"P": "public", "Q": "quiet", "V": "private", "D": "delicate"}
CELLS = {
    (who, kind): {LETTERS[letter] for letter in cell if letter != "-"}
    for who, *cells in (line.split() for line in EXPECTED.strip().splitlines())
    for kind, cell in zip(KINDS, cells, strict=True)
}
TICKETS: dict[frozenset[str], dict[str, Any]] = {
    frozenset({"public"}): {},
    frozenset({"quiet"}): {"flags": [UNREAD]},
    frozenset({"private"}): {"private": True},
    frozenset({"delicate"}): {"flags": ["health"]},
    frozenset({"private", "delicate"}): {"private": True, "flags": ["minor"]},
}


def ticket(**how: Any) -> Ticket:
    values: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "status": Status.OPEN, "flags": [], "private": False}
    return Ticket(**{**values, **how})


def test_the_table_is_whole() -> None:
    assert set(CELLS) == {(who.value, kind.value) for who, kind in product(Standing, Kind)}
    assert {who.value for who in READS} == {who.value for who in Standing}
    assert set(LETTERS.values()) == {one.value for one in Privacy}


@pytest.mark.parametrize("held", TICKETS, ids=lambda held: "+".join(sorted(held)))
@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)
@pytest.mark.parametrize("who", Standing, ids=lambda who: who.value)
def test_who_may_read_what(who: Standing, kind: Kind, held: frozenset[str]) -> None:
    one = ticket(**TICKETS[held])
    assert {part.value for part in privacy(one)} == held
    assert allows(who, kind, one) is (held <= CELLS[who.value, kind.value])


@pytest.mark.parametrize("how", TICKETS.values(), ids=lambda how: str(how))
def test_a_group_reads_what_labels_show_it(how: dict[str, Any]) -> None:
    one = ticket(**how)
    assert allows(Standing.GROUP, Kind.OUTLINE, one) is not wordless(one)


def test_nobody_without_the_words_has_more_of_them() -> None:
    for row in READS.values():
        assert row[Kind.SENSITIVE] <= row[Kind.WORDS] <= row[Kind.OUTLINE]
        assert row[Kind.NAMES] <= row[Kind.WORDS]


# -- what somebody is --------------------------------------------------------------------------------


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(engine) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    return build_world(uow)


@pytest.fixture(scope="module")
def setting(understander: Understander) -> Setting:
    return Setting(load_policy(), load_wording(), Taxonomy.load(), understander.understand)


def dispute(uow: UnitOfWork, world: World, words: str) -> Ticket:
    found = add_ticket(uow, world, TicketKind.DISPUTE, words=words, category="family", private=True)
    uow.tickets.join(found, world.resident, NOW)
    uow.flush()
    return found


def test_whoever_is_accused_is_nothing_else(uow: UnitOfWork, world: World, setting: Setting) -> None:
    about = dispute(uow, world, "老李天天打我")
    about.handler_id, about.given_by = world.leader.id, world.leader.id
    assert list(standings(uow, setting, about, world.leader.id, NOW)) == [Standing.ACCUSED]
    assert not any(reads(uow, setting, about, world.leader.id, kind, NOW) for kind in Kind)


def test_what_somebody_is_to_a_dispute(uow: UnitOfWork, world: World, setting: Setting) -> None:
    one = dispute(uow, world, "邻居天天打我")
    secretary, operator = uow.people.add("周书记"), uow.people.add("系统员")
    uow.people.grant(secretary, world.village, Role.SECRETARY)
    uow.people.grant(operator, world.village, Role.ADMIN)
    found = {
        person.name: standing(uow, setting, one, person.id, NOW)
        for person in (world.resident, world.leader, world.member, secretary, operator)
    }
    assert found == {
        "王阿姨": Standing.ASKER,
        "老李": Standing.IN_CHARGE,
        "老张": Standing.NEIGHBOUR,
        "周书记": Standing.ABOVE,
        "系统员": Standing.NEIGHBOUR,
    }
    shown = {name for name, person in (("老张", world.member), ("系统员", operator)) for kind in Kind
             if reads(uow, setting, one, person.id, kind, NOW)}  # fmt: skip
    assert not shown
    assert reads(uow, setting, one, secretary.id, Kind.EXISTS, NOW)
    assert not reads(uow, setting, one, secretary.id, Kind.WORDS, NOW)


def test_the_next_who_can_be_told_reads_it_too(uow: UnitOfWork, world: World, setting: Setting) -> None:
    one = dispute(uow, world, "邻居天天打我")
    secretary = uow.people.add("周书记")
    uow.people.grant(secretary, world.village, Role.SECRETARY)
    uow.people.bind(secretary, ACCOUNT, "周书记", "周书记", reachable=True)
    for identity in uow.people.identities(world.leader.id):
        identity.reachable = False
    uow.flush()
    assert reads(uow, setting, one, secretary.id, Kind.WORDS, NOW)


def test_with_roles_paused_only_the_asker_reads(uow: UnitOfWork, world: World, setting: Setting) -> None:
    one = dispute(uow, world, "邻居天天打我")
    assert reads(uow, setting, one, world.resident.id, Kind.WORDS, NOW, paused=True)
    assert not reads(uow, setting, one, world.leader.id, Kind.EXISTS, NOW, paused=True)

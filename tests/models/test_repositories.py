"""What the repositories find and change, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select
from worlds import ACCOUNT, NOW, World, add_ticket, after, build_world

from models.codes import (
    NodeLevel,
    OutgoingState,
    PostKind,
    Role,
    RoomMode,
    RoomPurpose,
    SourceRole,
    Status,
    TicketKind,
)
from models.matters import Spoken
from models.outgoing_tables import Outgoing
from models.people import veiled
from models.places import at_or_below
from models.states import Move
from models.tables import GridNode, Identity, OptOut, Person
from models.ticket_tables import Signal, Source
from models.uow import Conflict, UnitOfWork


@pytest.fixture
def uow(engine: Engine) -> Iterator[UnitOfWork]:
    with UnitOfWork(engine) as unit:
        yield unit


@pytest.fixture
def world(uow: UnitOfWork) -> World:
    return build_world(uow)


# -- places -------------------------------------------------------------------------------------


def test_the_line_goes_up_nearest_first(uow: UnitOfWork, world: World) -> None:
    assert uow.places.line(world.micro) == [world.micro, world.grid, world.village, world.town]
    assert uow.places.line(world.town) == [world.town]


def test_numbers_count_within_the_nearest_scope_else_the_root(uow: UnitOfWork, world: World) -> None:
    assert uow.places.scope(world.micro, NodeLevel.VILLAGE) == world.village
    assert uow.places.scope(world.town, NodeLevel.VILLAGE) == world.town
    assert uow.places.scopes_at(world.micro, NodeLevel.VILLAGE) == [world.village.id]
    assert uow.places.scopes_at(world.town, NodeLevel.VILLAGE) == [world.village.id, world.other_village.id]
    assert uow.places.scopes_at(world.town, NodeLevel.DISTRICT) == [world.town.id]


def test_a_number_looks_like_another_only_at_its_beginning(uow: UnitOfWork, world: World) -> None:
    """/1/4/ is above /1/4/9/ and has nothing to do with /1/40/."""
    for number in range(40):
        uow.places.add_node(code=f"x{number}", name="x", level=NodeLevel.GRID, parent=world.village)
    for node in uow.session.exec(select(GridNode)).all():
        ids = list(uow.session.exec(select(GridNode.id).where(at_or_below(node.path)).order_by(col(GridNode.id))).all())
        everyone = uow.session.exec(select(GridNode)).all()
        assert ids == sorted(other.id or 0 for other in everyone if other.path.startswith(node.path))


def test_paths_in_any_order_of_letters(uow: UnitOfWork) -> None:
    for path in ("/1/", "/1/2/", "/10/", "/1/20/", "/2/"):
        uow.session.add(GridNode(code=path, name=path, level=NodeLevel.GRID, path=path))
    found = uow.session.exec(select(GridNode.path).where(at_or_below("/1/"))).all()
    assert sorted(found) == ["/1/", "/1/2/", "/1/20/"]


def test_nodes_are_called_with_or_without_village_behind(uow: UnitOfWork, world: World) -> None:
    named = uow.places.nodes_named
    assert list(named("东坑", NodeLevel.VILLAGE)) == [world.village] == list(named("东坑村", NodeLevel.VILLAGE))
    assert list(named("西坑", NodeLevel.VILLAGE)) == [world.other_village]
    assert list(named("东坑", NodeLevel.GRID)) == []


def test_rooms_of_a_node_and_below_it(uow: UnitOfWork, world: World) -> None:
    staff = uow.places.add_room(
        account=ACCOUNT, external_id="s", name="s", node=world.micro, mode=RoomMode.ON, purpose=RoomPurpose.STAFF
    )
    assert list(uow.places.rooms_below(world.town.path)) == [world.room]
    assert list(uow.places.rooms_below(world.other_village.path)) == []
    assert list(uow.places.rooms_at(world.micro.id or 0, RoomPurpose.STAFF)) == [staff]
    assert list(uow.places.rooms(ACCOUNT)) == [world.room, staff]


def test_a_room_is_on_an_account_once(uow: UnitOfWork, world: World) -> None:
    with pytest.raises(Conflict), _as_conflict(uow):
        uow.places.add_room(account=ACCOUNT, external_id="r1", name="x", node=world.micro, mode=RoomMode.ON)


class _as_conflict:  # noqa: N801  (reads as a phrase)
    """Leaves the unit as its own block would."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None:
        self._uow.__exit__(*error)  # type: ignore[arg-type]


def test_gaps_become_known_when_they_end(uow: UnitOfWork, world: World) -> None:
    uow.places.add_gap(ACCOUNT, after(0), after(10), "restart")
    uow.places.add_gap(ACCOUNT, after(20), after(30), "restart")
    assert [gap.since for gap in uow.places.gaps(ACCOUNT, after(5), after(29))] == [after(0)]
    assert uow.places.gaps(ACCOUNT, after(10), after(29)) == []
    assert len(uow.places.all_gaps(ACCOUNT)) == 2


# -- people -------------------------------------------------------------------------------------


def test_roles_hold_at_their_node_and_below_but_not_above(uow: UnitOfWork, world: World) -> None:
    roles = uow.people.roles_at
    assert roles(world.member.id, world.village) == {Role.PARTY_MEMBER} == roles(world.member.id, world.micro)
    assert roles(world.member.id, world.town) == frozenset() == roles(world.member.id, world.other_village)
    assert roles(world.leader.id, world.other_micro) == frozenset() == roles(world.leader.id, world.grid)


def test_a_grant_given_twice_is_one(uow: UnitOfWork, world: World) -> None:
    again = uow.people.grant(world.leader, world.micro, Role.MICRO_LEADER)
    assert uow.people.grants(world.leader.id) == [again]


def test_leaders_are_the_nearest_in_charge(uow: UnitOfWork, world: World) -> None:
    secretary, grid = uow.people.add("周书记"), uow.people.add("吴姐")
    uow.people.grant(secretary, world.village, Role.SECRETARY)
    uow.people.grant(grid, world.village, Role.GRID_LEADER)
    line = uow.places.line
    assert uow.people.leaders(line(world.micro)) == [world.leader]
    assert uow.people.leaders(line(world.other_micro)) == [grid, secretary]
    assert uow.people.leaders(line(world.town)) == []
    uow.people.forget(world.leader, NOW)
    assert uow.people.leaders(line(world.micro)) == [grid, secretary]


def test_people_are_named_by_whoever_has_a_role_on_the_line_or_below(uow: UnitOfWork, world: World) -> None:
    assert uow.people.named(world.grid, "老张") == [world.member]
    assert uow.people.named(world.grid, "老李") == [world.leader]
    assert uow.people.named(world.other_village, "老张") == []


def test_the_forgotten_have_no_name_no_roles_and_come_back_as_somebody_else(uow: UnitOfWork, world: World) -> None:
    world.resident.phone = "13800001111"
    uow.people.forget(world.resident, NOW)
    uow.flush()
    gone = uow.session.exec(select(Person).where(Person.id == world.resident.id)).one()
    assert (gone.name, gone.phone, gone.erased_at) == ("", None, NOW)
    assert uow.people.grants(gone.id) == [] == uow.people.identities(gone.id)
    assert uow.people.known(ACCOUNT, "王阿姨", "王阿姨").id != gone.id


def test_who_opted_out_stays_unheard_after_being_forgotten(uow: UnitOfWork, world: World) -> None:
    people, name = uow.people, world.resident.name
    assert people.deaf(ACCOUNT) == frozenset()
    people.set_deaf(world.resident, True)
    assert people.is_deaf(ACCOUNT, name) and not people.is_deaf("other", name)
    assert people.deaf(ACCOUNT) == {veiled(ACCOUNT, name)}
    people.forget(world.resident, NOW)
    assert people.is_deaf(ACCOUNT, name)
    assert people.deaf(ACCOUNT) == {veiled(ACCOUNT, name)}
    assert people.deaf("other") == frozenset()
    rows = uow.session.exec(select(OptOut)).all()
    assert [name in str(row.model_dump()) for row in rows] == [False]
    # He comes back as somebody else, and is still not heard, until he says so.
    again = people.known(ACCOUNT, name, name)
    assert again.id != world.resident.id and people.is_deaf(ACCOUNT, name)
    assert uow.session.exec(select(OptOut)).all() == []
    people.set_deaf(again, False)
    people.forget(again, NOW)
    assert people.deaf(ACCOUNT) == frozenset() and not people.is_deaf(ACCOUNT, name)


def test_who_speaks_is_made_once_and_called_as_he_calls_himself_now(uow: UnitOfWork, world: World) -> None:
    first = uow.people.known(ACCOUNT, "wx1", "小陈")
    assert uow.people.known(ACCOUNT, "wx1", "陈总") == first
    assert uow.session.exec(select(Identity.display_name).where(Identity.external_id == "wx1")).one() == "陈总"
    uow.people.bind(first, ACCOUNT, "wx2", "陈", reachable=True)
    reachable = uow.people.identity_on(first.id, ACCOUNT)
    assert reachable is not None and reachable.external_id == "wx2"


# -- tickets ------------------------------------------------------------------------------------


def test_tickets_below_a_node(uow: UnitOfWork, world: World) -> None:
    here = add_ticket(uow, world)
    beside = add_ticket(uow, world, TicketKind.WISH, node=world.other_micro, at=after(1))
    closed = add_ticket(uow, world, at=after(2))
    uow.tickets.move(closed, Move.WITHDRAW, at=after(3), actor_id=None)
    below = uow.tickets.below
    assert list(below(world.village.path)) == [here, beside]
    assert list(below(world.micro.path)) == [here]
    assert list(below(world.other_village.path)) == []
    assert list(below(world.town.path, kinds=[TicketKind.WISH], statuses=[Status.OPEN])) == [beside]
    assert list(below(world.town.path, closed_after=after(2))) == [here, beside, closed]
    assert list(below(world.town.path, closed_after=after(3))) == [here, beside]


def test_what_is_mine_is_asked_claimed_or_handled_by_me(uow: UnitOfWork, world: World) -> None:
    asked, claimed, handled, left, other = (add_ticket(uow, world, at=after(minute)) for minute in range(5))
    me = world.member
    uow.tickets.join(asked, me, NOW)
    uow.tickets.claim(claimed, me, NOW)
    handled.handler_id = me.id
    uow.tickets.join(left, me, NOW)
    requester = uow.tickets.requester(left.id, me.id)
    assert requester is not None
    requester.withdrawn_at = NOW
    assert uow.tickets.of_person(me.id) == [asked, claimed, handled]
    assert uow.tickets.touched_by(me.id) == [asked, claimed, handled, left]
    assert uow.tickets.scopes_of(me.id) == [asked.scope_id]
    left.scope_id = world.other_village.id or 0
    assert uow.tickets.scopes_of(me.id) == sorted([asked.scope_id, left.scope_id])
    assert uow.tickets.scopes_of(world.leader.id) == []
    uow.tickets.end_claim(claimed.id, NOW, "handed_back")
    uow.tickets.move(handled, Move.REJECT, at=NOW, actor_id=None)
    assert uow.tickets.of_person(me.id) == [asked]
    assert uow.tickets.of_person(world.leader.id) == [] and other not in uow.tickets.of_person(me.id)


def test_joining_again_after_leaving(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world)
    assert uow.tickets.join(ticket, world.member, NOW)
    assert not uow.tickets.join(ticket, world.member, NOW)
    row = uow.tickets.requester(ticket.id, world.member.id)
    assert row is not None
    row.withdrawn_at = NOW
    uow.flush()
    assert uow.tickets.requesters(ticket.id) == []
    assert uow.tickets.join(ticket, world.member, after(1))
    assert [row.joined_at for row in uow.tickets.requesters(ticket.id)] == [after(1)]


def test_a_message_is_held_once_by_the_latest(uow: UnitOfWork, world: World) -> None:
    first, second = add_ticket(uow, world), add_ticket(uow, world)
    signal = _signal(uow, world)

    def hold(message: str, **holder: object) -> None:
        uow.tickets.hold(ACCOUNT, message, at=NOW, role=SourceRole.REPORT, person_id=None, **holder)  # type: ignore[arg-type]

    hold("m1", signal_id=signal.id)
    hold("m2", signal_id=signal.id)
    assert [source.message_id for source in uow.tickets.signal_sources(signal.id or 0)] == ["m1", "m2"]
    hold("m1", ticket_id=first.id)
    hold("m3", ticket_id=first.id)
    hold("m1", ticket_id=second.id)
    held = uow.tickets.source(ACCOUNT, "m1")
    assert held is not None and (held.ticket_id, held.signal_id) == (second.id, None)
    assert [source.message_id for source in uow.tickets.sources(first.id)] == ["m3"]
    assert [source.message_id for source in uow.tickets.signal_sources(signal.id or 0)] == ["m2"]


def test_a_wish_has_one_live_claim(uow: UnitOfWork, world: World) -> None:
    wish = add_ticket(uow, world, TicketKind.WISH)
    uow.tickets.claim(wish, world.member, NOW)
    uow.tickets.end_claim(wish.id, NOW, "handed_back")
    uow.tickets.claim(wish, world.leader, NOW)
    with pytest.raises(Conflict), _as_conflict(uow):
        uow.tickets.claim(wish, world.member, NOW)


def test_words_of_one_author_are_erased(uow: UnitOfWork, world: World) -> None:
    ticket = add_ticket(uow, world, words="我家漏水")
    uow.tickets.record(ticket, "updated", at=NOW, actor_id=world.leader.id, words="已派人")
    assert uow.erasing.erase_words(ticket, at=after(1), author_id=world.resident.id) == 1
    assert [word.text for word in uow.tickets.texts(ticket.id).values()] == ["已派人"]
    last = uow.tickets.events(ticket.id)[-1]
    assert (last.kind, last.data, last.to_status) == ("erased", {"seqs": [1]}, Status.OPEN)


# -- signals ------------------------------------------------------------------------------------


def _signal(uow: UnitOfWork, world: World, minute: float = 0, **fields: object) -> Signal:
    assert world.village.id is not None
    values = {
        "scope_id": world.village.id, "number": uow.places.next_number(world.village.id, "signal"),
        "kind": TicketKind.COMPLAINT, "category": "leak", "node_id": world.micro.id, "text": "好像漏水",
        "person_id": world.resident.id, "at": after(minute),
    }  # fmt: skip
    return uow.signals.add(Signal(**{**values, **fields}))


def _post(uow: UnitOfWork, minute: float = 0, **fields: object) -> Outgoing:
    values = {
        "account": ACCOUNT,
        "kind": PostKind.NOTICE,
        "text": "好像漏水",
        "created_at": after(minute),
        "not_before": NOW,
    }
    row = Outgoing(**{**values, **fields})
    uow.outbox.add(row)
    return row


def test_signals_wait_at_a_node_and_below(uow: UnitOfWork, world: World) -> None:
    first, second = _signal(uow, world), _signal(uow, world, node_id=world.other_micro.id)
    assert uow.signals.waiting([world.micro.path]) == [first]
    assert uow.signals.waiting([world.grid.path, world.micro.path]) == [first, second]
    assert uow.signals.waiting([]) == [] == uow.signals.waiting([world.other_village.path])


@pytest.mark.parametrize("way", ["remove", "remove_old", "remove_of"])
def test_of_a_signal_that_goes_nothing_stays(uow: UnitOfWork, world: World, way: str) -> None:
    old, young = _signal(uow, world), _signal(uow, world, 60, person_id=None)
    for signal in (old, young):
        uow.tickets.hold(
            ACCOUNT, f"m{signal.id}", at=NOW, role=SourceRole.REPORT, person_id=None, signal_id=signal.id
        )  # fmt: skip
    waiting, sent = _post(uow, signal_ids=[old.id]), _post(uow, signal_ids=[old.id], state=OutgoingState.SENT)
    other = _post(uow, signal_ids=[young.id])
    match way:
        case "remove":
            uow.signals.remove(old)
        case "remove_old":
            assert uow.signals.remove_old(after(30)) == 1
        case "remove_of":
            uow.signals.remove_of(world.resident.id, after(40))
    uow.flush()
    assert uow.signals.removed == {f"signal:{old.id}"}
    assert list(uow.signals.all()) == [young]
    assert [source.signal_id for source in uow.session.exec(select(Source)).all()] == [young.id]
    assert (waiting.text, waiting.state) == ("", OutgoingState.DROPPED)
    assert (sent.text, sent.state) == ("", OutgoingState.SENT)
    assert (other.text, other.state) == ("好像漏水", OutgoingState.PENDING)


def test_what_was_said_of_tickets_is_read_with_its_last_words(uow: UnitOfWork, world: World) -> None:
    ticket, other = add_ticket(uow, world), add_ticket(uow, world)
    for minute, (name, role, who) in enumerate(
        (("a", SourceRole.REPORT, world.resident.id), ("b", SourceRole.UPDATE, world.leader.id))
    ):
        uow.tickets.hold(ACCOUNT, name, at=after(minute), role=role, person_id=who, ticket_id=ticket.id)
    for minute in range(4):
        uow.tickets.record(ticket, "updated", at=after(minute), actor_id=world.resident.id, words=f"第{minute}句")
    uow.flush()
    his = uow.matters.spoken([ticket.id, other.id], world.resident.id, 2)
    assert his == {ticket.id: Spoken(after(1), took_part=True, began=True, words=("第2句", "第3句"))}
    leaders = uow.matters.spoken([ticket.id], world.leader.id, 1)[ticket.id]
    assert (leaders.took_part, leaders.began) == (True, False)
    assert not uow.matters.spoken([ticket.id], None, 1)[ticket.id].took_part


def test_what_was_reported_as_done_is_nobody_elses(uow: UnitOfWork, world: World) -> None:
    ticket, other = add_ticket(uow, world), add_ticket(uow, world)
    for move in (Move.ACCEPT, Move.PROCESS, Move.RESOLVE):
        uow.tickets.move(ticket, move, at=after(1), actor_id=world.leader.id)
    assert uow.tickets.complaints_at(world.micro.id, limit=9) == [other]
    uow.tickets.move(ticket, Move.SEND_BACK, at=after(2), actor_id=world.resident.id)
    assert uow.tickets.complaints_at(world.micro.id, limit=9) == [ticket, other]


# -- the outbox and what happens once -------------------------------------------------------------


def test_posts_are_found_by_what_they_speak_of(uow: UnitOfWork, world: World) -> None:
    ticket, other = add_ticket(uow, world), add_ticket(uow, world)
    first = _post(uow, ticket_ids=[ticket.id, other.id, ticket.id])
    second = _post(uow, ticket_ids=[other.id])
    pending = (OutgoingState.PENDING,)
    assert uow.outbox.touching(ticket.id, pending) == [first]
    uow.outbox.absorb(first, second)
    assert (first.ticket_ids, second.state, second.merged_into) == (
        [ticket.id, other.id, ticket.id], OutgoingState.MERGED, first.id,
    )  # fmt: skip
    third = _post(uow, ticket_ids=["elsewhere"], signal_ids=[7])
    uow.outbox.absorb(first, third)
    assert first.ticket_ids[-1] == "elsewhere" and first.signal_ids == [7]
    assert uow.outbox.touching("elsewhere", tuple(OutgoingState)) == [first, third]
    assert uow.outbox.touching("elsewhere", pending) == [first]


def test_pending_leaves_out_what_is_known_whatever_its_number(uow: UnitOfWork, world: World) -> None:
    rows = [_post(uow) for _ in range(4)]
    _post(uow, state=OutgoingState.SENT)
    _post(uow, account="other")
    ids = [row.id or 0 for row in rows]
    assert uow.outbox.pending(ACCOUNT) == rows
    assert uow.outbox.pending(ACCOUNT, known={ids[1], ids[3]}) == [rows[0], rows[2]]
    assert uow.outbox.pending(ACCOUNT, known=set(ids)) == []


def test_words_of_old_posts_go_when_they_are_over(uow: UnitOfWork, world: World) -> None:
    waiting, sent, young = _post(uow), _post(uow, state=OutgoingState.SENT), _post(uow, 60, state=OutgoingState.SENT)
    uow.outbox.blank_old(after(30))
    uow.session.expire_all()
    assert [row.text for row in (waiting, sent, young)] == ["好像漏水", "", "好像漏水"]


def test_budgets_are_filled_from_what_was_sent(uow: UnitOfWork, world: World) -> None:
    for minute in (5, 1, 9):
        times = {"sent_at": after(minute), "tried_at": after(minute)}
        _post(uow, state=OutgoingState.SENT, sent_id=f"x{minute}", room_id=world.room.id, **times)
    _post(uow, state=OutgoingState.MAYBE, tried_at=after(7), tried_before=after(2), person_id="p")
    assert [(one.at, one.room_id, one.person_id) for one in uow.outbox.sent_since(ACCOUNT, after(1))] == [
        (after(2), None, "p"),
        (after(5), world.room.id, None),
        (after(7), None, "p"),
        (after(9), world.room.id, None),
    ]
    found = uow.outbox.by_sent_id(ACCOUNT, "x9")
    assert found is not None and found.sent_at == after(9)
    assert uow.outbox.counts() == {OutgoingState.SENT: 3, OutgoingState.MAYBE: 1}


def test_a_schedule_is_planned_once(uow: UnitOfWork) -> None:
    plan = uow.once.plan
    assert plan("digest", "1", "2026-05-06", after(5))
    assert not plan("digest", "1", "2026-05-06", after(9))
    assert plan("digest", "1", "2026-05-07", after(3)) and plan("digest", "2", "2026-05-06", after(1))
    assert [row.due_at for row in uow.once.due(after(4), ["digest"])] == [after(1), after(3)]
    assert uow.once.next_due(["digest"]) == after(1) and uow.once.next_due(["near"]) is None
    uow.once.cancel(["digest"], "1")
    assert [row.subject for row in uow.once.due(after(99), ["digest"])] == ["2"]


def test_two_who_plan_the_same_at_once_plan_it_once(engine: Engine) -> None:
    with UnitOfWork(engine) as first:
        assert first.once.plan("digest", "1", "p", NOW)
        first.commit()
    with UnitOfWork(engine) as second:
        assert not second.once.plan("digest", "1", "p", NOW)


def test_seen_messages_are_forgotten_later(uow: UnitOfWork) -> None:
    uow.once.mark_seen(ACCOUNT, "old", after(0))
    uow.once.mark_seen(ACCOUNT, "new", after(9))
    uow.flush()
    uow.once.purge_seen(after(5))
    assert not uow.once.seen(ACCOUNT, "old") and uow.once.seen(ACCOUNT, "new")
    assert not uow.once.seen("other", "new")

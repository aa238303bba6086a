"""From the rows of the spreadsheet to the roster as it would be: what is there, with the rows laid over it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.packs import may_name
from bot.roster.cells import phone_of
from bot.roster.checks import Checks
from bot.roster.columns import NODES, ORGANISATIONS, PEOPLE, RESPONSIBLE, ROOMS, Titles
from bot.roster.problems import Problems, Spot, listed
from bot.roster.tree import check_tree
from bot.roster.workbook import BAD, Row, Rows
from handlers.policy import load_policy
from handlers.policy.checking import PolicyError
from handlers.policy.pack import Policy
from handlers.wording import Wording
from models.codes import LEADERS, NodeLevel, OrganisationKind, Role, RoomMode, RoomPurpose, Team
from models.people import veiled_code
from models.roster import Answerer, NodeState, OrganisationState, PersonState, RoomState, Roster, Stored


@dataclass(slots=True)
class Filled:
    """The roster as it would be, and in which row each node and person (by id) stands first."""

    roster: Roster
    node_rows: dict[str, int] = field(default_factory=dict)
    person_rows: dict[str, int] = field(default_factory=dict)


class Filler:
    """Lays the rows over a copy of what is stored. What cannot be goes to problems."""

    def __init__(
        self,
        stored: Stored,
        home: Policy,
        words: Wording,
        titles: Titles,
        problems: Problems,
        new_id: Callable[[], str],
    ) -> None:
        self._home = home
        self._packs: dict[str, str | None] = {}  # what is wrong with each pack that a row names
        self._stored = stored
        self._words = words
        self._titles = titles
        self._problems = problems
        self._new_id = new_id
        self._filled = Filled(stored.roster.copy())
        self._roster = self._filled.roster
        self._check = Checks(self._roster, titles, problems)

    def fill(self, rows: Rows, *, remove_missing: bool) -> Filled:
        self._nodes(rows[NODES.key])
        self._rooms(rows[ROOMS.key])
        written = self._people(rows[PEOPLE.key])
        missing = self._missing()
        if remove_missing:
            self._take_roles(missing)
        else:
            self._note_names("people_missing", [self._stored.names[person_id] for person_id in missing])
        self._leaders(written)
        self._organisations(rows[ORGANISATIONS.key])
        self._responsible(rows[RESPONSIBLE.key])
        return self._filled

    # -- sheets ---------------------------------------------------------------------------------

    def _nodes(self, rows: Iterable[Row]) -> None:
        at = self._filled.node_rows
        unsure: set[str] = set()
        for row in rows:
            code, name = self._check.needed(NODES, row, "code"), self._check.needed(NODES, row, "name")
            level = self._check.choice(NODES, row, "level")
            if code is None:
                continue
            if code in at:
                self._check.wrong(NODES, row, "code", "code_twice", code=code, row=at[code])
                continue
            at[code] = row.number
            parent = row["parent"] if row["parent"] not in ("", BAD) else None
            before = self._roster.nodes.get(code)
            if level is None:
                unsure.add(code)
                level = NodeLevel.MICRO_GRID if before is None else before.level
            policy = self._policy_of(row, NodeLevel(level), None if before is None else before.policy)
            self._roster.nodes[code] = NodeState(name or code, NodeLevel(level), parent, policy)
        check_tree(self._roster, at, unsure, self._titles, self._problems)
        missing = [node.name for code, node in self._stored.roster.nodes.items() if code not in at]
        self._note_names("nodes_missing", missing)

    def _policy_of(self, row: Row, level: NodeLevel, before: str | None) -> str | None:
        """The pack that the row names, which must be one that can be used; left out it stays as it is."""
        name, none = row["policy"], self._words.say("name.none")
        if name in ("", BAD):
            return before
        if name == none:
            return None
        if not may_name(level, self._home):
            scope = self._titles.name("level", self._home.number_scope)
            self._check.wrong(NODES, row, "policy", "pack_level", scope=scope)
            return before
        if name not in self._packs:
            try:
                load_policy(name)
                self._packs[name] = None
            except PolicyError as error:
                self._packs[name] = str(error)
        if (fault := self._packs[name]) is not None:
            self._check.wrong(NODES, row, "policy", "pack_bad", fault=fault, none=none)
        return name

    def _rooms(self, rows: Iterable[Row]) -> None:
        at: dict[tuple[str, str], int] = {}
        unseen: list[str] = []
        accounts: list[str] = []
        for row in rows:
            account, name = self._check.needed(ROOMS, row, "account"), self._check.needed(ROOMS, row, "room_name")
            node = self._check.node(ROOMS, row)
            purpose, mode = (self._check.choice(ROOMS, row, key, needed=False) for key in ("purpose", "mode"))
            if account is None or name is None or row["room_id"] == BAD:
                continue
            key = self._room_key(row, account, name, unseen)
            if key is None or node is None:
                continue
            if key in at:
                self._check.wrong(ROOMS, row, "room_id" if row["room_id"] else "room_name", "room_twice", row=at[key])
                continue
            at[key] = row.number
            if account not in self._roster.accounts:
                self._roster.accounts.add(account)
                accounts.append(account)
            before = self._roster.rooms.get(key, RoomState(name, node, RoomPurpose.RESIDENTS, RoomMode.OFF))
            self._roster.rooms[key] = RoomState(
                name,
                node,
                before.purpose if purpose is None else RoomPurpose(purpose),
                before.mode if mode is None else RoomMode(mode),
            )
        if accounts:
            self._problems.note("accounts_new", names="、".join(accounts))
        self._note_names("rooms_unseen", unseen)
        missing = [room.name for key, room in self._stored.roster.rooms.items() if key not in at]
        self._note_names("rooms_missing", missing)

    def _room_key(self, row: Row, account: str, name: str, unseen: list[str]) -> tuple[str, str] | None:
        """By its id on the channel; without one, the room of that name that the account knows already."""
        if row["room_id"]:
            return account, row["room_id"]
        known = [key for key, room in self._stored.roster.rooms.items() if key[0] == account and room.name == name]
        if len(known) > 1:
            self._check.wrong(ROOMS, row, "room_name", "room_ambiguous", name=name, count=len(known))
        elif not known:
            unseen.append(name)
        return known[0] if len(known) == 1 else None

    def _people(self, rows: Iterable[Row]) -> dict[tuple[str, str, Role], int]:
        """Row by grant as written. Whoever stands in the sheet holds what it says and nothing else."""
        written: dict[tuple[str, str, Role], int] = {}
        first: dict[str, Row] = {}
        for row in rows:
            worker = self._check.needed(PEOPLE, row, "worker")
            if worker is None:
                continue
            if worker in first:
                self._check.same(PEOPLE, row, first[worker], ("person_name", "phone", "team"), worker)
            else:
                first[worker] = row
                self._person(worker, row)
            self._grant(row, self._roster.people[worker].id, written)
        own = {self._roster.people[worker].id for worker in first}
        self._drop_grants(lambda key: key[0] in own and key not in written)
        unbound = [name for name in first if self._roster.people[name].id not in self._stored.bound]
        self._note_names("unbound", [self._roster.people[worker].name for worker in unbound])
        return written

    def _person(self, worker: str, row: Row) -> None:
        name = self._check.needed(PEOPLE, row, "person_name")
        if veiled_code(worker) in self._stored.forgotten:
            self._check.wrong(PEOPLE, row, "worker", "forgotten", worker=worker)
        before = self._roster.people.get(worker) or PersonState(self._new_id(), worker, None, None)
        phone, team, none = before.phone, before.team, self._words.say("name.none")
        if row["phone"] == none:
            phone = None
        elif row["phone"] not in ("", BAD):
            phone = phone_of(row["phone"])
            if phone is None:
                self._check.wrong(PEOPLE, row, "phone", "phone_bad", none=none)
        if row["team"] == none:
            team = None
        elif (chosen := self._check.choice(PEOPLE, row, "team", needed=False)) is not None:
            team = Team(chosen)
        self._roster.people[worker] = PersonState(before.id, name or worker, phone, team)
        self._filled.person_rows[before.id] = row.number

    def _grant(self, row: Row, person_id: str, written: dict[tuple[str, str, Role], int]) -> None:
        if not row["role"] and not row["node"] and not row["deputy"]:
            return
        role, node = self._check.choice(PEOPLE, row, "role"), self._check.node(PEOPLE, row)
        deputy = self._check.choice(PEOPLE, row, "deputy", needed=False) is not None
        if role is None or node is None:
            return
        key = (person_id, node, Role(role))
        if key in written:
            self._check.wrong(PEOPLE, row, "role", "grant_twice", row=written[key])
            return
        written[key] = row.number
        self._roster.grants[key] = deputy

    def _leaders(self, written: Mapping[tuple[str, str, Role], int]) -> None:
        """One leads in full; the others of the same rank at the same node are deputies."""
        leading: dict[tuple[str, Role], list[str]] = {}
        for (person_id, node, role), deputy in self._roster.grants.items():
            if role in LEADERS and not deputy:
                leading.setdefault((node, role), []).append(person_id)
        names = self._names()
        for (node, role), people in leading.items():
            mine = sorted((written[one, node, role], one) for one in people if (one, node, role) in written)
            others = [one for one in people if (one, node, role) not in written]
            what = {"role": self._titles.name("role", role.value), "node": self._roster.nodes[node].name}
            for number, _ in mine[1:]:
                spot = Spot(PEOPLE.key, number, "deputy")
                self._problems.add(spot, "two_leaders", **what, name=names[mine[0][1]], row=mine[0][0])
            if mine and others:
                spot = Spot(PEOPLE.key, mine[0][0], "deputy")
                self._problems.add(spot, "leader_stays", **what, name=names[others[0]])

    def _organisations(self, rows: Iterable[Row]) -> None:
        first: dict[str, Row] = {}
        members: dict[str, dict[str, None]] = {}
        for row in rows:
            code = self._check.needed(ORGANISATIONS, row, "organisation")
            if code is None:
                continue
            if code in first:
                self._check.same(ORGANISATIONS, row, first[code], ("organisation_name", "kind", "node"), code)
            else:
                first[code], members[code] = row, {}
                self._organisation(code, row)
            if (person_id := self._check.worker(ORGANISATIONS, row, "member")) is None:
                continue
            if person_id in members[code]:
                self._check.wrong(ORGANISATIONS, row, "member", "member_twice")
            members[code][person_id] = None
        for code, people in members.items():
            if (state := self._roster.organisations.get(code)) is not None:
                self._roster.organisations[code] = replace(state, members=tuple(people))
        missing = [one.name for code, one in self._stored.roster.organisations.items() if code not in first]
        self._note_names("organisations_missing", missing)

    def _organisation(self, code: str, row: Row) -> None:
        name, kind = (
            self._check.needed(ORGANISATIONS, row, "organisation_name"),
            self._check.choice(ORGANISATIONS, row, "kind"),
        )
        node = self._check.node(ORGANISATIONS, row)
        if name is not None and kind is not None and node is not None:
            self._roster.organisations[code] = OrganisationState(name, OrganisationKind(kind), node)

    def _responsible(self, rows: Iterable[Row]) -> None:
        at: dict[tuple[str, str], int] = {}
        for row in rows:
            category, node = self._check.choice(RESPONSIBLE, row, "category"), self._check.node(RESPONSIBLE, row)
            person = self._check.worker(RESPONSIBLE, row, "person")
            organisation = row["organisation"]
            if bool(row["person"]) == bool(organisation):
                self._check.wrong(RESPONSIBLE, row, "person", "one_of_both")
            elif organisation not in ("", BAD) and organisation not in self._roster.organisations:
                self._check.wrong(RESPONSIBLE, row, "organisation", "unknown_organisation", code=organisation)
            if category is None or node is None:
                continue
            if (node, category) in at:
                self._check.wrong(RESPONSIBLE, row, "category", "responsible_twice", row=at[node, category])
            at[node, category] = row.number
            self._roster.responsible[node, category] = Answerer(person, organisation or None)
        left = [
            f"{self._titles.name('category', what)}（{self._roster.nodes[node].name}）"
            for node, what in self._roster.responsible
            if (node, what) not in at
        ]
        self._note_names("responsible_missing", left)

    # -- who has gone ---------------------------------------------------------------------------

    def _missing(self) -> list[str]:
        """Ids of those with a 工号 who hold a role and do not stand in the sheet any more."""
        holding = {person_id for person_id, _, role in self._roster.grants if role is not Role.RESIDENT}
        known = (person.id for person in self._stored.roster.people.values())
        return [one for one in known if one in holding and one not in self._filled.person_rows]

    def _take_roles(self, people: Iterable[str]) -> None:
        """They hold nothing any more and answer for nothing."""
        gone = frozenset(people)
        self._drop_grants(lambda key: key[0] in gone)
        for code, one in self._roster.organisations.items():
            if not gone.isdisjoint(one.members):
                staying = tuple(member for member in one.members if member not in gone)
                self._roster.organisations[code] = replace(one, members=staying)
        for key in [key for key, who in self._roster.responsible.items() if who.person in gone]:
            del self._roster.responsible[key]

    def _drop_grants(self, gone: Callable[[tuple[str, str, Role]], bool]) -> None:
        """That somebody lives there is nothing that a sheet takes away."""
        for key in [key for key in self._roster.grants if key[2] is not Role.RESIDENT and gone(key)]:
            del self._roster.grants[key]

    def _names(self) -> dict[str, str]:
        return {**self._stored.names, **{person.id: person.name for person in self._roster.people.values()}}

    def _note_names(self, key: str, names: Sequence[str]) -> None:
        """A note that says how many they are and names the first of them."""
        if names:
            more = self._words.say("import.and_more")
            self._problems.note(key, count=len(names), names=listed(names, more))

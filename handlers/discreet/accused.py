"""Whom the words of something private are about, where he works there himself: he neither hears of it nor ends it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.codes import STAFF, Role, TicketKind
from models.tables import GridNode, Person
from models.ticket_tables import Signal, Ticket
from models.uow import UnitOfWork
from nlp.understanding import Flag

SHORTEST = 2
"""Characters of a name that may be looked for in somebody's words."""

_TITLES: Mapping[Role, str] = {
    Role.MICRO_LEADER: "微网格长",
    Role.GRID_LEADER: "(?<!微)网格长",
    Role.SECRETARY: "支书|书记",
    Role.VILLAGE: "村主任|村长|社区主任",
    Role.GOVERNOR: "治理员",
}
_NEAREST = "网格长"
"""What whoever leads a micro-grid is called where nobody leads the grid above it."""
_OF_THE_GRID = frozenset({Role.MICRO_LEADER, Role.GRID_LEADER, Role.GOVERNOR})
_PART = "(?:我们|你们|咱们|咱|我)?(?:这|那)?(?:一|个)?(?:片区|片|微?网格)(?:里|上)?"
_GRID = f"网格员|(?:管|负责|包)(?:着)?{_PART}(?:的|工作的|事的)|包片干部|片长|网格(?:里|上)?的?(?:干部|管理员)"
"""Other words for whoever works for the grid: 网格员, 管网格的, 负责我们片的那个人. It may be any of them."""
_OFFICE = "网格长|网格员|网格|书记|支书|主任|村长|组长|片长|干部|治理员"
"""What may stand behind a family name: 李网格 means whoever of that name works there."""
_NO_FAMILY = frozenset("村社区镇街党支网格微正副大各")
_WHICH = "(?:我们|你们|咱们|他们)?(?:村|社区|小区|楼|组)?(?:里|上)?(?:的|那个|这个|那位|这位)?"
_BEFORE = "(?<![@找请叫喊告诉问让托])(?<![找请问托诉][过了])"
_BEHIND = r"(?![，,：:、！!\s]*(?:快|救|帮|在吗|你|您|麻烦|请|赶紧|管管|过来|来一下|来看|去看|能))"
"""老李快来, 告诉老李 and 请网格长来 call for somebody; they do not speak of him."""
_TOLD = r"(?:都|也|已经|早就)?(?:(?:说|讲|反映|报告|汇报)(?:过|了|的时候|好|$|[，,。！!\s])|打(?:过|了)?电话)"
"""跟老李说过 tells whom somebody has told."""
_PERILOUS = frozenset({Flag.VIOLENCE.value, Flag.SUICIDE.value, Flag.MINOR.value})


_LATER = frozenset({"joined", "updated", "pictured", "sent_back", "reopened", "urged"})
"""Steps with which who asks says more of a matter that somebody has already."""
_CLAUSE = re.compile(r"[^，,。；;！!？?\s]+")
_BLOW = (
    "打(?!.{0,4}电话|了?个?招呼|[扫听算卡水药针印点理交球牌车开包扰工折铃通气游字断火饭菜捞破井])"
    "|骂|威胁|欺负|骚扰|动手(?![修干帮])"
)
_HARM = re.compile(
    _BLOW + "|[侵霸强]?占|偏[心袒向]|吓|逼|赶[出走她他我人]|推[倒搡她他我人]|抢(?![修救险])|偷|砸|吼"
    "|(?<!厉)害(?!怕)|[收拿要]钱|讲理|护着|包庇|报复"
)
_BLOWS = re.compile(_BLOW)
_WORK = (
    "(?:他|她|同志|今天|昨天|前天|早上|上午|中午|下午|晚上|刚刚?|已经?|都|也|还|又|再|就|没有?|不|一直|后来|过|会|要)*"
    "(?:来|去|到|上门|调解|协调|处理|解决|办|帮|说|讲|劝|问|答应|联系|打了?过?个?电话|看|管|辛苦)"
)
"""老李来过了: whoever has a matter is spoken of as who sees to it."""
_THANKS = "(?:谢谢|多谢|感谢|多亏|辛苦|麻烦)了?"


@dataclass(frozen=True, slots=True)
class _Said:
    """Words of a matter, and who said them; later: when somebody had it already."""

    words: str
    by: str | None = None
    later: bool = False


def accused(uow: UnitOfWork, matter: Ticket | Signal, words: str = "") -> frozenset[str]:
    """Ids of those who work where it was said and of whom its words speak, by name or title.

    All words count that those who ask have said of it. words: what is not kept yet. Only of what is private. Talk of a
    petition is left to its leader: nobody is named by it.
    """
    said = _said(uow, matter, words)
    if not said:
        return frozenset()
    node = uow.places.node(matter.node_id)
    people = {one.id: one for above in uow.places.line(node) for one in uow.people.holders(above, tuple(STAFF))}
    return frozenset(one.id for one in people.values() if _speaks_of(uow, node, said, one))


def is_accused(uow: UnitOfWork, matter: Ticket | Signal, person_id: str, words: str = "") -> bool:
    """Whether that person is one of them."""
    said = _said(uow, matter, words)
    return bool(said) and _speaks_of(uow, uow.places.node(matter.node_id), said, uow.people.get(person_id))


def names_anybody(uow: UnitOfWork, ticket: Ticket, words: str, by: str) -> bool:
    """Whether more words of one who asks for something private speak of anybody else who works there."""
    node = uow.places.node(ticket.node_id)
    people = {one.id: one for above in uow.places.line(node) for one in uow.people.holders(above, tuple(STAFF))}
    said = [_Said(words, by, later=True)]
    return any(_speaks_of(uow, node, said, one) for one in people.values())


def tells_ill_of(uow: UnitOfWork, node: GridNode, words: str, by: str | None, person_id: str) -> bool:
    """Whether what somebody noted of a household there says that the person did anybody harm."""
    said = _Said(words, by, later=True)
    return _HARM.search(words) is not None and _speaks_of(uow, node, [said], uow.people.get(person_id))


def tells_of_blows_by_staff(uow: UnitOfWork, node: GridNode, words: str, by: str) -> bool:
    """Whether it says in one breath that somebody else who works there beats, abuses or threatens anybody."""
    clauses = [_Said(clause, by) for clause in _CLAUSE.findall(words) if _BLOWS.search(clause)]
    people = {one.id: one for above in uow.places.line(node) for one in uow.people.holders(above, tuple(STAFF))}
    return bool(clauses) and any(_speaks_of(uow, node, clauses, one) for one in people.values())


def _said(uow: UnitOfWork, matter: Ticket | Signal, words: str) -> list[_Said]:
    if Flag.PETITION.value in matter.flags:
        return []
    if isinstance(matter, Signal):
        hidden = matter.kind is TicketKind.DISPUTE or bool(_PERILOUS & set(matter.flags))
        return [_Said(matter.text)] if hidden else []
    if not matter.private:
        return []
    kept = [_Said(one.words, one.author_id, one.kind in _LATER) for one in uow.unions.said_by_askers(matter.id)]
    return [_Said(matter.title), *([_Said(words)] if words else []), *kept]


def _speaks_of(uow: UnitOfWork, node: GridNode, said: Sequence[_Said], person: Person) -> bool:
    if person.erased_at is not None:
        return False
    roles = uow.people.roles_at(person.id, node) & STAFF
    if not roles:
        return False
    names = {person.name, *(identity.display_name for identity in uow.people.identities(person.id))}
    called = [re.escape(name) for name in names if name and len(name) >= SHORTEST]
    called += [_TITLES[role] for role in roles if role in _TITLES]
    if Role.MICRO_LEADER in roles and any(_NEAREST in one.words for one in said) and _is_nearest(uow, node):
        called.append(_NEAREST)
    if roles & _OF_THE_GRID:
        called.append(_GRID)
    called += [f"{one}(?:{_OFFICE})" for one in {_family(name) for name in names} if one]
    own = person.id
    return bool(called) and any(_names(one, called) for one in said if one.by is None or one.by != own)


def _names(said: _Said, called: Sequence[str]) -> bool:
    """Whether the words speak of whoever is called one of these."""
    anybody = "|".join(called)
    words = said.words
    if said.later:
        passing = re.compile(f"{_THANKS}{_WHICH}(?:{anybody})|(?:{anybody}){_WORK}")
        words = _CLAUSE.sub(lambda one: one[0] if _HARM.search(one[0]) else passing.sub("", one[0]), words)
    # 我跟你们村那个管网格的说过, 找过那个网格员: told and called for, as with the title alone.
    told = f"[跟和对向给]{_WHICH}(?:{anybody}){_TOLD}"
    words = re.sub(f"{told}|(?:[@找请叫喊问托]|告诉)[过了]?{_WHICH}(?:{anybody})", "，", words)
    return any(re.search(f"{_BEFORE}(?!(?<=[跟和对向给])(?:{one}){_TOLD})(?:{one}){_BEHIND}", words) for one in called)


def _family(name: str) -> str:
    """The family name of 老李, 李建国, 周书记, as a pattern; empty where there is none to be seen."""
    bare = name.lstrip("老小阿")
    if len(name) < SHORTEST or not bare or bare[0] in _NO_FAMILY or not "\u4e00" <= bare[0] <= "\u9fff":
        return ""
    return bare[0]


def _is_nearest(uow: UnitOfWork, node: GridNode) -> bool:
    return not any(uow.people.holders(above, (Role.GRID_LEADER,)) for above in uow.places.line(node))

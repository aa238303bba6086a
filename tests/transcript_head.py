"""What stands above the talk of a transcript: rooms, people, limits, and what the pack says differently."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from models.codes import NodeLevel, OrganisationKind, RoomMode

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 5, 6, 10, 0, tzinfo=ZONE)  # a Wednesday that is a working day

_ABOVE = {"镇": NodeLevel.TOWN, "区": NodeLevel.DISTRICT}
_PARTS = {"村": NodeLevel.VILLAGE, "网格": NodeLevel.GRID}
COMPANIES = {"物业": "property", "部门": "department"}
MODES = {"关": RoomMode.OFF, "影子": RoomMode.SHADOW, "询问": RoomMode.ASK, "开": RoomMode.ON}

DEFAULT_PEOPLE = (
    "王阿姨 居民 本群", "李叔 居民 本群", "孙伯 居民 本群", "小陈 居民 本群", "老张 党员 本群", "老赵 党员 本群",
    "老李 微网格长 本群", "小马 物业 本群", "周书记 支部书记",
)  # fmt: skip


@dataclass
class Head:
    """What stands above the talk: rooms, people, start, limits."""

    rooms: dict[str, RoomMode] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    start: datetime = START
    limits: bool = True
    digests: bool = True
    policy: str = "default"
    packs: dict[str, str] = field(default_factory=dict)
    pack_rules: dict[str, list[str]] = field(default_factory=dict)
    near: dict[str, str] = field(default_factory=dict)
    disputes: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)
    kept_months: int | None = None
    above: list[tuple[NodeLevel, str]] = field(default_factory=list)
    parts: list[tuple[NodeLevel, str, list[str]]] = field(default_factory=list)
    nodes: dict[str, str] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    notice: int = 1
    at_least: int = 10
    companies: list[tuple[str, OrganisationKind, list[str]]] = field(default_factory=list)
    responsible: dict[str, str] = field(default_factory=dict)
    routing: list[list[str]] = field(default_factory=list)
    offices: list[tuple[str, str, str]] = field(default_factory=list)
    past: list[list[str]] = field(default_factory=list)


def read_head(lines: list[str]) -> Head:
    """Directives: 群 名 模式, 人 名 角色 群, 时间 2026-05-06 10:00, 不限, 略日报, 规则 名, 规定 TOML, 多近 类别 距离,
    纠纷 字段 …

    And of the tree: 镇 名, 区 名 (above the village), 村 名 群 … (another village), 网格 名 群 …
    单位 名 物业|部门 人 人, 责任 类别 单位或人, 路线 步骤 级别 名 天数, 路线 起点 类别 级别, 路线 归口 类别 物业|部门.
    村规 村名 规则包名: the pack of one village. 村规定 规则包名 TOML: laid over that pack.
    往事 ‹月-日› ‹群› ‹类别› ‹件数› …: what happened before (pasts.py). 任 名 角色 地点 (a further role at the place of
    that name).
    """
    head = Head()
    for line in lines:
        word, *rest = line.split()
        match word:
            case "群":
                head.rooms[rest[0]] = MODES[rest[1]] if len(rest) > 1 else RoomMode.ON
            case "人":
                head.people.append(" ".join(rest))
            case "时间":
                head.start = datetime.fromisoformat(" ".join(rest)).replace(tzinfo=ZONE)
            case "不限":
                head.limits = False
            case "略日报":
                head.digests = False
            case "规则":
                head.policy = rest[0]
            case "村规":
                head.packs[rest[0]] = rest[1]
            case "村规定":
                head.pack_rules.setdefault(rest[0], []).append(" ".join(rest[1:]))
            case "规定":
                head.rules.append(" ".join(rest))
            case "多近":
                head.near[rest[0]] = rest[1]
            case "纠纷":
                head.disputes = rest
            case "保存月数":
                head.kept_months = int(rest[0])
            case "镇" | "区":
                head.above.append((_ABOVE[word], rest[0]))
            case "村" | "网格":
                head.parts.append((_PARTS[word], rest[0], rest[1:]))
            case "单位":
                head.companies.append((rest[0], OrganisationKind(COMPANIES[rest[1]]), rest[2:]))
            case "责任":
                head.responsible[rest[0]] = rest[1]
            case "往事":
                head.past.append(rest)
            case "路线":
                head.routing.append(rest)
            case "任":
                head.offices.append((rest[0], rest[1], rest[2]))
            case "不可私聊":
                head.unreachable.update(rest)
            case "格":
                head.nodes[rest[0]] = rest[1]
            case "未告知":
                head.untold.update(rest)
            case "没号":
                head.strangers.update(rest)
            case "换号至少":
                head.at_least = int(rest[0])
            case _:
                raise ValueError(f"unknown directive: {line}")
    head.rooms = head.rooms or {"本群": RoomMode.ON}
    head.people = head.people or list(DEFAULT_PEOPLE)
    return head

"""The codes that tables and handlers share. Their Chinese names stand in handlers/wording."""

from enum import StrEnum


class NodeLevel(StrEnum):
    DISTRICT = "district"  # 区
    TOWN = "town"  # 镇街
    VILLAGE = "village"  # 村社区
    GRID = "grid"  # 网格
    MICRO_GRID = "micro_grid"  # 微网格


class Role(StrEnum):
    RESIDENT = "resident"  # 居民
    INFORMANT = "informant"  # 信息员
    HUB = "hub"  # 中心户
    PARTY_MEMBER = "party_member"  # 党员
    GOVERNOR = "governor"  # 治理员
    MICRO_LEADER = "micro_leader"  # 微网格长
    GRID_LEADER = "grid_leader"  # 网格长
    SECRETARY = "secretary"  # 支部书记
    VILLAGE = "village"  # 村社区
    TOWN = "town"  # 镇街
    DISTRICT = "district"  # 区直
    HEAD = "head"  # 领导
    ADMIN = "admin"  # 管理员
    PROPERTY = "property"  # 物业
    REVIEWER = "reviewer"  # 评议员: of a panel that looks at matters before they are closed


LEADERS = (Role.MICRO_LEADER, Role.GRID_LEADER, Role.SECRETARY, Role.VILLAGE, Role.TOWN, Role.DISTRICT)
"""Who answers for a node, in the order in which they are asked at one node."""

STAFF = frozenset({Role.GOVERNOR, *LEADERS, Role.HEAD, Role.ADMIN})
"""Roles that may handle the matters of their node and below."""


class Team(StrEnum):
    """三色: which force somebody belongs to."""

    RED = "red"  # 红: the party's
    BLUE = "blue"  # 蓝: the government's
    GREEN = "green"  # 绿: the society's


class OrganisationKind(StrEnum):
    PROPERTY = "property"  # 物业公司
    DEPARTMENT = "department"  # 部门
    OTHER = "other"


class RoomMode(StrEnum):
    OFF = "off"  # 关: hears nothing
    SHADOW = "shadow"  # 影子: reads, posts nothing, leaders see what it would have done
    ASK = "ask"  # 询问: opens nothing by itself; leaders confirm
    ON = "on"  # 开


class RoomPurpose(StrEnum):
    RESIDENTS = "residents"
    STAFF = "staff"


class RebindingState(StrEnum):
    """What became of the question whether somebody unknown is a known person under a new id."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    ENDED = "ended"  # the operator let roles work again without it


class TicketKind(StrEnum):
    WISH = "wish"
    COMPLAINT = "complaint"
    DISPUTE = "dispute"


class Status(StrEnum):
    PROPOSED = "proposed"
    OPEN = "open"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    DONE = "done"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    NOTICED = "noticed"
    FOLLOWED = "followed"
    MEDIATING = "mediating"
    SETTLED = "settled"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class RecordField(StrEnum):
    """What the record of a dispute holds. Their Chinese names and spellings stand in the wording."""

    NAME = "name"  # 事件名称
    HAPPENED_ON = "happened_on"  # 发生日期
    PLACE = "place"  # 发生地点
    SCALE = "scale"  # 事件规模
    TYPE = "type"  # 事件类型
    PEOPLE = "people"  # 涉及人数
    BRIEF = "brief"  # 简述
    DEADLINE = "deadline"  # 化解时限
    METHOD = "method"  # 化解方式
    ORGANISATION = "organisation"  # 化解组织
    RESPONSIBLE = "responsible"  # 责任人
    SUCCEEDED = "succeeded"  # 是否成功
    COURSE = "course"  # 化解情况
    REVIEWED_ON = "reviewed_on"  # 考评日期
    REVIEW = "review"  # 考评意见


class Rating(StrEnum):
    SATISFIED = "satisfied"  # 满意
    FAIR = "fair"  # 一般
    DISSATISFIED = "dissatisfied"  # 不满意
    CONFIRMED = "confirmed"  # 确认: agreed without a grade
    UNRATED = "unrated"  # 未评价: silence, never counted as 满意


class SourceRole(StrEnum):
    """What a message did to the ticket or signal that holds it."""

    REPORT = "report"
    JOIN = "join"
    UPDATE = "update"


class SignalStatus(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


class FeedbackSource(StrEnum):
    """What a leader did that says whether the bot had understood rightly."""

    FALSE_ALARM = "false_alarm"  # 误报
    CONFIRMED = "confirmed"  # 确认 of a signal
    DROPPED = "dropped"  # 忽略 of a signal
    RECATEGORISED = "recategorised"  # 改 N 类别


class PostKind(StrEnum):
    """Why the bot speaks; order in the outbox follows bot/relay.py."""

    EMERGENCY = "emergency"
    REPLY = "reply"
    ACK = "ack"
    EVALUATION = "evaluation"
    NOTICE = "notice"
    REMINDER = "reminder"
    DIGEST = "digest"
    PUBLICITY = "publicity"  # 公开: to many groups at once, after everything else


ASKED = frozenset({PostKind.EMERGENCY, PostKind.REPLY})
"""What is never too much: what cannot wait, and the answer to what somebody asked. All else in a group is unasked."""


class Topic(StrEnum):
    """What a line says, where its kind does not tell: of an emergency, or at the door of a room."""

    ALARM = "alarm"
    REMINDED = "reminded"  # everybody was told already, and nobody has answered
    ESCALATED = "escalated"
    TRANSFERRED = "transferred"
    CALLED_OFF = "called_off"  # who sees to it need not go
    ENTRY = "entry"  # what a room is told once: what the bot hears and how to leave
    BINDING = "binding"  # an answer to whoever binds a room that is off


class OutgoingState(StrEnum):
    """Where a post is. error says why, code is the channel's own number of it, not_before the next try."""

    PENDING = "pending"  # queued
    SENDING = "sending"
    SENT = "sent"
    MAYBE = "maybe"  # the channel never said whether it arrived
    REFUSED = "refused"  # the channel does not take this post, or takes nothing for its reader
    STUCK = "stuck"  # cannot be sent until somebody does something; error says what
    EXPIRED = "expired"  # its time was over before it could leave
    MERGED = "merged"  # its content went out in another row
    DROPPED = "dropped"  # no longer true or wanted when its turn came; error says why


class ScheduleState(StrEnum):
    WAITING = "waiting"
    PARKED = "parked"  # its clock stands still
    DONE = "done"


class RecordKind(StrEnum):
    """What a village keeps beside tickets."""

    PUBLICATION = "publication"  # 公开
    VISIT = "visit"  # 走访
    PATROL = "patrol"  # 巡查
    VOTE = "vote"  # 议事
    CARE = "care"  # 关爱: a household that is visited regularly
    MEETING = "meeting"  # 联席会议
    REVIEW = "review"  # 评议: a panel looks at a matter before it is closed


OPEN_TO_ALL = frozenset({RecordKind.PUBLICATION, RecordKind.VOTE})
"""Records that stand in the groups of residents anyway; all others are for those who work at their place."""


class RecordState(StrEnum):
    OPEN = "open"
    ENDED = "ended"
    CANCELLED = "cancelled"


class PointKind(StrEnum):
    """For what a rule gives points (积分): the work, when it is realised, or what somebody outside says of it."""

    WISH_DONE = "wish_done"  # a wish was fulfilled: to each who helped
    MATTER_DONE = "matter_done"  # a complaint was solved: to whoever had it
    COMPANY_DONE = "company_done"  # the same, to the organisation
    DISPUTE_SOLVED = "dispute_solved"  # a dispute was settled with success: to whoever mediated
    SIGNAL_CONFIRMED = "signal_confirmed"  # what was heard was confirmed: to who said it
    REPORTED = "reported"  # a complaint that was solved: to who reported it
    PATROL_DONE = "patrol_done"  # 巡查
    VISIT_DONE = "visit_done"  # 走访
    CARE_DONE = "care_done"  # 关爱
    PETITION = "petition"  # a petition (信访) about an organisation
    HOTLINE = "hotline"  # a complaint about it at 12345
    LAWSUIT = "lawsuit"  # a lawsuit about it


BY_HAND = "by_hand"
"""The rule of points that somebody gave or took himself."""

OUTSIDE = (PointKind.PETITION, PointKind.HOTLINE, PointKind.LAWSUIT)
"""What only others know and staff enter (考核)."""

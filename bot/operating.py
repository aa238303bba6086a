"""What an operator does by hand: migrate, doctor, pause."""

import asyncio
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bot.channel_config import ChannelsConfig
from bot.channel_doctor import look_at_channels
from bot.channel_probe import probe
from bot.channels import Surroundings, open_channel
from bot.clock import now
from bot.finding import Finding
from bot.lease import Lease, this_runner
from bot.packs import named
from bot.settings import Settings
from handlers.operator.operators import NOTICE_BOARD
from handlers.operator.reasons import counted
from handlers.policy import load_policy
from handlers.policy.pack import Policy
from handlers.setting import Setting
from handlers.wording import load_wording
from models import schema
from models.calendar import WorkingCalendar
from models.codes import OutgoingState
from models.engine import open_engine
from models.uow import UnitOfWork, Units
from nlp.taxonomy import Taxonomy
from nlp.understanding import Band, Kind, Understanding

_DAMAGE = {
    "missing": "少了一步",
    "changed": "被改动过",
    "text_missing": "原话被删而没有记录",
    "text_changed": "原话被改动过",
    "text_added": "多出一段没有记录的原话",
    "text_kept": "原话记着已删却还在",
    "status": "状态和记录对不上",
    "empty": "没有任何记录",
    "seal": "当天的封存对不上，可能有记录被删",
}

_CHECKING = (
    "账号 {account} 重新登录以后像是换了一批号，凭身份的命令先停着，还有 {count} 位等网格长核对。请催一下；"
    "网格长自己认不了的，用 xiaoshao code 姓名 发码；查清楚了运行 xiaoshao roles resume {account}。"
)


class NotReadyError(Exception):
    """The database cannot be reached or is not ready. str() is a Chinese sentence."""


def database(settings: Settings) -> Engine:
    """The configured database, its folder made when it is a file. Raises NotReadyError."""
    url = settings.database_url.get_secret_value()
    engine = open_engine(url)
    if engine.url.drivername.startswith("sqlite") and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        engine.connect().close()
    except OperationalError:
        raise NotReadyError("连不上数据库，请检查 DATABASE_URL 和数据库是否在运行。") from None
    return engine


def migrate(settings: Settings) -> str:
    """Upgrade the tables; returns what to tell the operator."""
    engine = database(settings)
    if schema.is_current(engine):
        return "数据库已是最新。"
    schema.upgrade(engine)
    return "数据库已升级到最新。"


def current_database(settings: Settings) -> Engine:
    """The configured database with the newest tables. Raises NotReadyError."""
    engine = database(settings)
    if not schema.is_current(engine):
        raise NotReadyError("数据库的表结构不是最新的，请先运行 xiaoshao migrate。")
    return engine


def set_paused(settings: Settings, paused: bool) -> str:
    """Silence all rooms, or let them speak again; returns what to tell the operator."""
    with UnitOfWork(current_database(settings)) as uow:
        accounts = uow.places.accounts()
        for account in accounts:
            account.paused = paused
        uow.commit()
    return f"{'已全体静音' if paused else '已全体恢复'}（{len(accounts)} 个账号）。"


def examine(settings: Settings, *, online: bool = False) -> list[Finding]:
    """Everything that the doctor looks at. online: connects to the configured channels too."""
    engine = database(settings)
    if not schema.is_current(engine):
        return [Finding(True, "表结构不是最新的，请运行 xiaoshao migrate。")]
    findings = [Finding(False, "表结构是最新的。")]
    policy = load_policy(settings.policy)
    with UnitOfWork(engine, read_only=True) as uow:
        setting = _setting(settings, policy)
        looked = look_at_channels(settings, uow, setting, now())
        findings += looked.findings
        findings += _histories(uow) + _outbox(uow, settings) + _listening(uow, setting) + _bindings(uow)
        findings += _packs(uow, policy) + _calendar(uow, policy)
    if online and looked.config is not None:
        findings += _online(settings, engine, looked.config, policy)
    return findings


def _setting(settings: Settings, policy: Policy) -> Setting:
    """The words and the zone in which the doctor speaks; it understands nothing."""
    nothing = Understanding(Kind.NONE, "chat", Band.IGNORE, 0.0)
    return Setting(policy, load_wording(settings.wording_file), Taxonomy.load(), lambda _: nothing)


def _online(settings: Settings, engine: Engine, config: ChannelsConfig, policy: Policy) -> list[Finding]:
    runner, plain = this_runner(), Units(engine)
    accounts = {one.name: one for one in config.accounts}
    around = Surroundings(now, policy.bot_names, settings.media_dir.parent, accounts)
    return asyncio.run(
        probe(config, lambda one: open_channel(one, around), lambda name: Lease(name, plain, runner), clock=now)
    )


def _histories(uow: UnitOfWork) -> list[Finding]:
    found = []
    for damage in uow.seals.damage():
        if damage.what == "seal":
            found.append(Finding(True, f"{damage.ticket_id} {_DAMAGE[damage.what]}。"))
            continue
        ticket = uow.tickets.get(damage.ticket_id)
        place = uow.places.node(ticket.scope_id).name
        step = "" if damage.seq is None else f"第 {damage.seq} 步"
        found.append(Finding(True, f"{place}-{ticket.number} 的办理记录{step}{_DAMAGE[damage.what]}。"))
    return found or [Finding(False, f"办理记录完好（{len(uow.tickets.all())} 件）。")]


def _outbox(uow: UnitOfWork, settings: Settings) -> list[Finding]:
    counts = uow.outbox.counts()
    findings = [
        Finding(False, f"待发 {counts.get(OutgoingState.PENDING, 0)} 条，已发 {counts.get(OutgoingState.SENT, 0)} 条。")
    ]
    words = load_wording(settings.wording_file)
    for state, said in ((OutgoingState.STUCK, "发不出去"), (OutgoingState.REFUSED, "对方不收")):
        reasons = counted(words, uow.outbox.faults(state))
        findings += [Finding(True, f"{count} 条{said}：{why}。") for why, count in reasons]
    if late := counts.get(OutgoingState.EXPIRED, 0):
        findings.append(Finding(False, f"{late} 条到期没轮到，没有发。"))
    sending = counts.get(OutgoingState.SENDING, 0)
    if sending:
        findings.append(Finding(False, f"{sending} 条正在发；程序没在运行的话，下次启动会处理。"))
    maybe = counts.get(OutgoingState.MAYBE, 0)
    if maybe:
        findings.append(Finding(True, f"{maybe} 条不知道有没有发到，请到群里看一眼。"))
    if any(finding.bad for finding in findings):
        advice = "是哪些：xiaoshao outbox；处理好以后重发：xiaoshao outbox retry --state 卡住。"
        findings.append(Finding(False, advice, open=True))
    return findings


def _listening(uow: UnitOfWork, setting: Setting) -> list[Finding]:
    findings = []
    for account in uow.places.accounts():
        heard = "还没有听过" if account.heard_until is None else f"听到 {setting.moment(account.heard_until)}"
        state = "，已静音" if account.paused else ""
        if account.roles_paused:
            count = len(uow.identities.waiting(account.name))
            findings.append(Finding(True, _CHECKING.format(account=account.name, count=count)))
        findings.append(Finding(False, f"账号 {account.name}：{heard}{state}。"))
        gaps = uow.places.all_gaps(account.name)
        if gaps:
            last = gaps[-1]
            since, until = setting.moment(last.since), setting.moment(last.until)
            findings.append(
                Finding(
                    False,
                    f"账号 {account.name} 有 {len(gaps)} 段没听到，最近一段 {since} 至 {until}。",
                )
            )
    return findings


def _bindings(uow: UnitOfWork) -> list[Finding]:
    """What somebody has to bind yet."""
    unbound = uow.identities.unbound()
    boards = {account.name for account in uow.places.accounts() if account.transport == NOTICE_BOARD}
    rooms = sum(room.node_id is None and room.account not in boards for room in uow.places.rooms())
    found = []
    if unbound:
        found.append(Finding(False, f"{unbound} 位有身份的人还没绑定号，可以用 xiaoshao code 姓名 发码。", open=True))
    if rooms:
        found.append(
            Finding(False, f"{rooms} 个群还没绑定网格，请村社区的人在群里说：@小哨 绑定 网格编码。", open=True)
        )
    return found


def _packs(uow: UnitOfWork, home: Policy) -> list[Finding]:
    """The packs that places name for themselves."""
    found = named(uow, home)
    return [Finding(True, fault) for fault in found.faults] + [Finding(False, note) for note in found.notes]


def calendar_findings(calendar: WorkingCalendar, this_year: int, since: int | None = None) -> list[Finding]:
    """Years whose public holidays nobody knows, so that deadlines count weekends alone, and what to do about it.

    since: the year of the oldest matter that is open, when that is longer ago.
    """
    findings = []
    for year in range(min(since or this_year, this_year), this_year + 2):
        if calendar.knows(year):
            continue
        if calendar.plans(year):
            findings.append(Finding(False, f"{year} 年的放假安排按规则包 calendar 里写的算。"))
        elif year > this_year:
            text = f"{year} 年的放假安排还没有，先按周末休息算；公布以后请在规则包 calendar 里补上节假日和调休。"
            findings.append(Finding(False, text, open=True))
        else:
            when = "今年" if year == this_year else "以前"
            text = (
                f"{when}（{year} 年）的放假安排程序里没有，期限只按周末休息算，可能差几天；"
                f"请在规则包 calendar.holidays 和 calendar.workdays 里补上 {year} 年的节假日和调休，再重新启动。"
            )
            findings.append(Finding(True, text))
    return findings


def _calendar(uow: UnitOfWork, policy: Policy) -> list[Finding]:
    oldest = uow.tickets.oldest_open()
    since = None if oldest is None else oldest.astimezone(policy.zone).year
    return calendar_findings(policy.working, now().astimezone(policy.zone).year, since)

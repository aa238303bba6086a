"""What the doctor says of each configured channel, from the file and the database alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channel_config import AccountConfig, ChannelsConfig, ChannelsError, load_channels
from bot.channels import alarm_fault
from bot.finding import Finding
from bot.settings import Settings
from handlers.operator.reasons import counted
from handlers.setting import Setting
from models.codes import OutgoingState, PostKind
from models.link_tables import AccountLease, AccountLink
from models.tables import Room
from models.uow import UnitOfWork

STALE = timedelta(minutes=2)
"""A running account writes how far it heard every few seconds."""
SILENT = timedelta(hours=24)
"""So long no group at all says nothing."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The accounts of the file, where it can be read, and what there is to say."""

    config: ChannelsConfig | None
    findings: list[Finding]


def look_at_channels(settings: Settings, uow: UnitOfWork, setting: Setting, now: datetime) -> Looked:
    """Every configured account; what is wrong with the file itself comes first."""
    if settings.channels is None:
        text = "还没有接真实的群：没有设 CHANNELS，写法见 docs/channels-setup.md。"
        return Looked(None, [Finding(False, text, open=True)])
    try:
        config = load_channels(settings.channels)
    except ChannelsError as error:
        return Looked(None, [Finding(True, fault) for fault in error.faults])
    findings = [Finding(False, f"通道文件写了 {len(config.accounts)} 个账号，都看得懂。")]
    findings += [
        Finding(True, f"存口令的文件 {name} 本机别的用户也能读，请运行 chmod 600 {name}。") for name in config.exposed
    ]
    findings += _alarm(config, settings.alarm) + _unheard_alarms(uow, setting, settings.alarm)
    for account in config.accounts:
        findings += _account(uow, setting, account, now)
    known = {one.name for one in config.accounts}
    left = [one.name for one in uow.places.accounts() if one.name not in known and uow.places.rooms(one.name)]
    if left:
        text = f"账号 {'、'.join(left)} 有群，却不在通道文件里：它们的群现在听不到，也发不出去。"
        findings.append(Finding(False, text, open=True))
    if config.callbacks.public_url is not None:
        here = f"{config.callbacks.host}:{config.callbacks.port}"
        text = f"回调网址 {config.callbacks.public_url} 要能转到这台机器的 {here}；加 --online 真的访问一次。"
        findings.append(Finding(False, text))
    return Looked(config, findings)


def is_running(lease: AccountLease | None, now: datetime) -> bool:
    """Whether a process holds the account."""
    return lease is not None and bool(lease.holder) and lease.until > now


def _alarm(config: ChannelsConfig, alarm: str | None) -> list[Finding]:
    if (fault := alarm_fault(config, alarm)) is not None:
        return [Finding(True, fault)]
    if alarm is None:
        text = "没有设 ALARM：账号掉线时只在终端和日志里说，没人看就没人知道。建议设成一个群机器人。"
        return [Finding(False, text, open=True)]
    return []


def _unheard_alarms(uow: UnitOfWork, setting: Setting, alarm: str | None) -> list[Finding]:
    """Lines about accounts that are out which nobody got: who counts on them has to look at the alarm's own channel."""
    unsent = (OutgoingState.STUCK, OutgoingState.REFUSED)
    rows = [] if alarm is None else [row for state in unsent for row in uow.outbox.in_state(state, alarm)]
    faults = [
        (row.error, row.code, 1)
        for row in rows
        if row.kind is PostKind.EMERGENCY and not row.ticket_ids and not row.signal_ids
    ]
    return [
        Finding(
            True, f"{count} 条掉线报警没有送到，账号 {alarm} 发不出去：{why}。别的账号掉线也没人会知道，请先修好它。"
        )
        for why, count in counted(setting.words, faults)
    ]


def _account(uow: UnitOfWork, setting: Setting, account: AccountConfig, now: datetime) -> list[Finding]:
    name = f"账号 {account.name}（{account.spec.name}）"
    lease, link = uow.links.lease(account.name), uow.links.link(account.name)
    running = is_running(lease, now)
    if lease is not None and running:
        findings = [Finding(False, f"{name}正在运行（{lease.place}）。")]
    else:
        findings = [Finding(False, f"{name}现在没有程序在运行它，请运行 xiaoshao run。", open=True)]
    rooms = [] if account.spec.notice else list(uow.places.rooms(account.name))
    if running:
        findings += _hearing(uow, setting, account, link, rooms, now)
    if account.spec.groups:
        findings += _rooms(account, rooms)
    return findings


def _hearing(
    uow: UnitOfWork,
    setting: Setting,
    account: AccountConfig,
    link: AccountLink | None,
    rooms: list[Room],
    now: datetime,
) -> list[Finding]:
    """Whether a running account really hears."""
    if link is not None and not link.online:
        why = setting.words.get(f"offline.{link.reason.replace(' ', '_')}") or link.reason
        since = setting.moment(link.since)
        text = f"账号 {account.name} 从 {since} 起掉线了（{why}），{_REMEDY.get(link.reason, _SCAN)}"
        return [Finding(True, text)]
    heard = next((one.heard_until for one in uow.places.accounts() if one.name == account.name), None)
    if heard is not None and now - heard > STALE:
        text = f"账号 {account.name} 的程序像是卡住了：{setting.moment(heard)} 以后没有再记下听到哪里，请重新启动它。"
        return [Finding(True, text)]
    last = max((room.watermark for room in rooms if room.watermark is not None), default=None)
    bound = [room for room in rooms if room.node_id is not None]
    if bound and (last is None or now - last > SILENT):
        when = "还没有听到过一句话" if last is None else f"{setting.moment(last)} 以后没有听到一句话"
        text = f"账号 {account.name} {when}：请在一个群里说一句试试；没有反应就重新登录它。"
        return [Finding(False, text, open=True)]
    return [] if last is None else [Finding(False, f"账号 {account.name} 最近一句话在 {setting.moment(last)}。")]


def _rooms(account: AccountConfig, rooms: list[Room]) -> list[Finding]:
    if not rooms:
        text = f"账号 {account.name} 还没有进任何群：把它拉进群，再让村社区的人说 @小哨 绑定 网格编码。"
        return [Finding(False, text, open=True)]
    bound = sum(room.node_id is not None for room in rooms)
    return [Finding(False, f"账号 {account.name} 在 {len(rooms)} 个群里，绑定了 {bound} 个。")]


_SCAN = "请在运行小哨的终端里扫码登录。"
_REMEDY = {
    "wrong token": "网关上的 token 和这里文件里的不一样，请改成同一个，重新启动。",
    "kicked": "有另一个程序用着同一个账号，请停掉它。",
    "unreachable": "请检查网关开着没有、地址端口对不对。",
    "frozen": "请重新启动网关。",
    "another client": "请停掉那个程序：一个网关只能由一个程序连着。",
    "ended": "请看网关的日志，重新启动它。",
    "lost": "请看网关的日志和网络，重新启动它。",
    "deaf": "请重新登录它。",
}
"""What to do, by the channel's reason; anything else is cured by logging in."""

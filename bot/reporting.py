"""xiaoshao report: what a frozen week or month says, as text and as a table."""

from bot.clock import now
from bot.operating import NotReadyError, current_database
from bot.packs import named
from bot.settings import Settings
from handlers.packs import lay_out
from handlers.policy import load_policy
from handlers.report.periods import Span, read
from handlers.report.report_table import table_of
from handlers.report.report_text import text_of
from handlers.report.reporting import frozen
from handlers.setting import Setting
from handlers.wording import load_wording
from models.reports import ReportChanged
from models.tables import GridNode
from models.uow import UnitOfWork
from nlp.taxonomy import Taxonomy
from nlp.understanding import Understanding


def report(settings: Settings, span_name: str, code: str | None, name: str | None) -> tuple[str, str]:
    """The text and the table of a node's report; what nobody has asked for before is counted and kept.

    Raises NotReadyError with a sentence when there is no such node or period.
    """
    span = Span(span_name)
    engine, policy = current_database(settings), load_policy(settings.policy)
    with UnitOfWork(engine, read_only=True) as uow:
        packs = named(uow, policy).packs
    setting = lay_out(Setting(policy, load_wording(settings.wording_file), Taxonomy.load(), _deaf), packs)
    moment = now()
    period = read(span, name or "", moment, setting.policy.zone)
    if period is None:
        raise NotReadyError(setting.words.say("refuse.which_week" if span is Span.WEEK else "refuse.which_month"))
    if not period.is_over(moment):
        due = setting.policy.digest.sending(span).after(period)
        raise NotReadyError(setting.words.say("refuse.not_over", at=setting.moment(due)))
    try:
        with UnitOfWork(engine) as uow:
            places = [(setting.at(uow, node), node) for node in _nodes(uow, code)]
            made = [(here, frozen(uow, here, node, period, moment)) for here, node in places]
            uow.commit()
    except ReportChanged:
        raise NotReadyError("这一期的报告被人改动过，和存下来的对不上，请用备份核对。") from None
    return "\n\n".join(text_of(here, one) for here, one in made), "".join(table_of(here, one) for here, one in made)


def _nodes(uow: UnitOfWork, code: str | None) -> list[GridNode]:
    """The node of that code, or everything at the top. Raises NotReadyError."""
    if code is None:
        nodes = list(uow.places.roots())
        if not nodes:
            raise NotReadyError("数据库里还没有网格，没有可以统计的。")
        return nodes
    node = uow.places.node_by_code(code)
    if node is None:
        raise NotReadyError(f"没有编码是 {code} 的网格，请看人员表里的编码。")
    return [node]


def _deaf(text: str) -> Understanding:
    raise AssertionError("a report understands no messages")

"""Whether a private line answers what the bot asked a short while ago, or is said of something else."""

import re

from handlers.context import Context

PLACE_LENGTH = 24
"""Characters up to which words may be nothing but a place."""
CHOICE_LENGTH = 8
"""Characters up to which words may name a type or a degree."""
_PLACE = re.compile(
    r"门口|路口|楼|栋|幢|座|单元|巷|路|街|村|组|号|区|边|对面|附近|后面|前面|里面|外面|旁|广场|公园|市场|超市|学校|医院|桥|站|店|院|亭|厅|库|棚|池|河|沟|渠"
    r"|[东南西北前后侧正大]门|[东南西北]头|[东南西北]侧|口$"
)
_NO_PLACE = re.compile(
    r"[?？]|吗|呢|吧|谢|辛苦|怎么|什么|哪|谁|几点|[今明昨后]天|早上|晚上|下午|上午|吃|买|等|帮|知道|可以|能不能|行不|不用|没事|好的|收到|再说|回头"
    r"|打电话|开会|到了|在路上|忙|马上|拜拜|嗯|哈"
)
_FILLER = re.compile(
    r"(?:好|好的|好滴|行|嗯|哦|噢|知道了|收到|谢谢|谢了|辛苦了?|ok|OK|在|在吗|你好|您好|没事|不用|算了|等等|等一下|稍等|马上|是|是的|对|不是|没有|哈+|[^\u4e00-\u9fffA-Za-z0-9]+)"
    r"(?:了|啊|呀|的|吧|哈|您|你|大家|小哨|，|。|！|!|~)*"
)


def is_place(text: str) -> bool:
    """Whether the words are a place and nothing else, as far as that can be told without knowing the place."""
    return 0 < len(text) <= PLACE_LENGTH and bool(_PLACE.search(text)) and not _NO_PLACE.search(text)


def is_choice(part: str) -> bool:
    """Whether a piece of a line may name one of the choices that were offered, and is not about something else."""
    return len(part) <= CHOICE_LENGTH and not re.search("[我你您他她]", part) and not _NO_PLACE.search(part)


def may_be_place(text: str) -> bool:
    """Whether short words that answer the question right away may be a place: the name of a shop, of a hill."""
    return 2 <= len(text) <= PLACE_LENGTH // 2 and not _NO_PLACE.search(text) and not _FILLER.fullmatch(text)


def to_ticket(ctx: Context, ticket_id: str) -> bool:
    """Whether the speaker quotes what was said of the ticket, or says the very next thing after it."""
    if ctx.quoted:
        return ticket_id in ctx.quoted
    last = ctx.uow.outbox.last_answer(ctx.me().id)
    return last is not None and ticket_id in last.ticket_ids


def to_record(ctx: Context, record_id: int) -> bool:
    """The same of a record."""
    if ctx.quoted_records or ctx.quoted:
        return record_id in ctx.quoted_records
    last = ctx.uow.outbox.last_answer(ctx.me().id)
    return last is not None and record_id in (last.record_ids or ())

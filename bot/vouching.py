"""What an operator does about identities: give out a one-time code, let roles work again."""

from collections.abc import Sequence
from datetime import timedelta

from bot.clock import now
from bot.operating import NotReadyError, current_database
from bot.settings import Settings
from handlers.people.rebinding import resume
from handlers.policy import load_policy
from models.tables import Person
from models.uow import UnitOfWork


def issue_code(settings: Settings, name: str, place: str | None = None) -> str:
    """A new code for the one person of that name who has a role; returns what to tell the operator.

    place: the code or name of a node where he has one. Raises NotReadyError.
    """
    hours = load_policy(settings.policy).identity.code_hours
    with UnitOfWork(current_database(settings)) as uow:
        people = [one for one in uow.identities.named(name) if place is None or place in _places(uow, one)]
        if not people:
            raise NotReadyError(f"没有叫「{name}」、有身份的人，请写表格里的全名。")
        if len(people) > 1:
            where = "；".join("、".join(_places(uow, one)) for one in people)
            raise NotReadyError(f"有 {len(people)} 位「{name}」（{where}），请加上 --place 网格编码。")
        moment = now()
        code = uow.identities.issue(people[0], by=None, at=moment, expires_at=moment + timedelta(hours=hours))
        uow.commit()
    told = f"请当面或打电话告诉本人，让他私下对小哨说：绑定我 {code}"
    return f"{name}的绑定码：{code}，{hours:g} 小时内有效，只能用一次。{told}"


def resume_roles(settings: Settings, account: str) -> str:
    """Let roles work again on an account; returns what to tell the operator. Raises NotReadyError."""
    with UnitOfWork(current_database(settings)) as uow:
        known = [row.name for row in uow.places.accounts()]
        if account not in known:
            raise NotReadyError(f"没有账号 {account}，已有的是：{'、'.join(known) or '无'}。")
        if not uow.places.roles_paused(account):
            return f"账号 {account} 没有在核对身份。"
        left = resume(uow, account, now())
        uow.commit()
    return f"账号 {account} 凭身份的命令恢复了；{left} 位没核对的不算数，要绑定请用 xiaoshao code 姓名 发码。"


def _places(uow: UnitOfWork, person: Person) -> Sequence[str]:
    """Codes and names of the nodes at which he has a role."""
    nodes = [uow.places.node(grant.node_id) for grant in uow.people.grants(person.id)]
    return [word for node in nodes for word in (node.code, node.name)]

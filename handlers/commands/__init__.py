"""The one registry of commands. 帮助 and the permission table in the docs are made from it, in this order."""

from handlers import help
from handlers.commands.caring import CARE
from handlers.commands.deciding import DOSSIERS, PANELS, VOTES
from handlers.commands.duty import DUTY
from handlers.commands.handlers import DEADLINES, HANDS, STEPS
from handlers.commands.helpers import HELPING
from handlers.commands.leaders import CONFIRMING, COURSE, DECIDING, DISPUTES, LEDGER, REPORTS
from handlers.commands.meetings import MEETINGS
from handlers.commands.operators import IDENTITIES, SILENCE
from handlers.commands.points import BOARDS, POINTS
from handlers.commands.recording import PATROLS, PUBLICATIONS, SNAPSHOTS, VISITS
from handlers.commands.residents import ASKING, BEGINNING, PRIVACY
from handlers.commands.services import SERVICES
from handlers.commands.teams import TEAMS
from handlers.context import Context
from handlers.effects import Effect
from handlers.parsing import Needs
from handlers.policy.pack import Policy
from handlers.registry import Command
from models.codes import RecordKind


def _help(ctx: Context) -> list[Effect]:
    return help.help_text(ctx, commands_of(ctx.policy, *(one.policy for one in ctx.packs)))


COMMANDS: tuple[Command, ...] = (
    Command(("帮助", "使用说明", "怎么用", "help"), Needs.NOTHING, _help, "帮助", "看看能做什么", "帮助"),
    *BEGINNING,
    *SERVICES,
    *SNAPSHOTS,
    *HELPING,
    *CONFIRMING,
    *ASKING,
    *STEPS,
    *DEADLINES,
    *HANDS,
    *TEAMS,
    *DUTY,
    *DECIDING,
    *COURSE,
    *LEDGER,
    *DISPUTES,
    *MEETINGS,
    *REPORTS,
    *POINTS,
    *BOARDS,
    *PUBLICATIONS,
    *VISITS,
    *PATROLS,
    *CARE,
    *VOTES,
    *PANELS,
    *DOSSIERS,
    *SILENCE,
    *IDENTITIES,
    *PRIVACY,
)


def commands_of(*policies: Policy, kept: frozenset[RecordKind] = frozenset()) -> tuple[Command, ...]:
    """Those that a town with that policy has; of several policies, those that any of them has.

    kept: kinds of records that run there still, whose commands stay as long.
    """
    return tuple(
        command for command in COMMANDS if command.lasting & kept or any(command.offered(policy) for policy in policies)
    )

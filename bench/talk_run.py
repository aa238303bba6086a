"""Play a conversation through the real dispatcher and SQLite in memory: a fresh village each time, without limits."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bench.talk_match import Found
from bot.app import App, build
from bot.driver import Driver
from bot.outcome import Outcome
from bot.transports.memory import MemoryTransport
from bot.village import PersonPlan, RoomPlan, VillagePlan, settle
from handlers.policy import load_policy
from handlers.wording import load_wording
from models import schema
from models.codes import Role, SignalStatus, Status
from models.engine import open_engine
from models.message import Attachment, AttachmentKind, Message, Quote
from nlp.talks import Said, Talk
from nlp.understander import Understander

ACCOUNT, ROOM = "bench", "room"
START = datetime(2026, 5, 6, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Wednesday that is a working day
_PLAN = VillagePlan(
    ACCOUNT,
    "bench",
    "bench",
    "清河村",
    [RoomPlan(ROOM, "本群")],
    # Apart from these two nobody is known beforehand: who speaks is met in the talk.
    [
        PersonPlan("leader", "微网格长", {ROOM: Role.MICRO_LEADER}),
        PersonPlan("member", "党员", {ROOM: Role.RESIDENT}, (Role.PARTY_MEMBER,)),
    ],
)


class Player:
    """Plays conversations one after the other; what is costly is loaded once."""

    def __init__(self, understander: Understander) -> None:
        self._understander = understander
        self._policy, self._words = load_policy("default"), load_wording()

    def play(self, talk: Talk) -> list[Found]:
        """The tickets and waiting signals at the end of the conversation, in the order of their numbers."""
        engine = open_engine("sqlite://")
        schema.create(engine)
        app = build(
            engine,
            accounts=(ACCOUNT,),
            policy=self._policy,
            words=self._words,
            understander=self._understander,
            limits=False,
            reaches_leaders=True,
        )
        with app.units() as uow:
            settle(uow, _PLAN, app.setting, app.outbound, START)
            uow.commit()
        driver = Driver(app, MemoryTransport(ACCOUNT), START)
        said = {message.id: message for message in talk.messages}
        for message in talk.messages:
            at = START + timedelta(seconds=message.at)
            for _ in driver.advance(at):
                pass
            outcome = driver.say(_message(message, said, at))
            assert outcome is not Outcome.FAILED, f"{talk.id} {message.id}: the bot failed"
            for _ in driver.send():
                pass
        found = _found(app)
        engine.dispose()
        return found


def _message(message: Said, said: dict[str, Said], at: datetime) -> Message:
    quoted = None if message.quote is None else said[message.quote]
    return Message(
        id=message.id,
        account=ACCOUNT,
        room=ROOM,
        sender=message.sender,
        sender_name=message.sender,
        text=message.text,
        at=at,
        quote=None if quoted is None else Quote(quoted.id, quoted.text, quoted.sender),
        attachments=(Attachment(AttachmentKind.IMAGE),) * message.pictures,
        place=message.place,
    )


def _found(app: App) -> list[Found]:
    found = []
    with app.units() as uow:
        for ticket in uow.tickets.all():
            held = tuple(source.message_id for source in uow.tickets.sources(ticket.id))
            people = tuple(uow.people.get(row.person_id).name for row in uow.tickets.requesters(ticket.id))
            gone = ticket.status is Status.WITHDRAWN
            found.append(
                Found(
                    f"#{ticket.number}", ticket.kind.value, ticket.category, ticket.place, held, people, withdrawn=gone
                )
            )
        for signal in uow.signals.all():
            if signal.status is not SignalStatus.WAITING or signal.id is None:
                continue
            sources = uow.tickets.signal_sources(signal.id)
            people = tuple(
                dict.fromkeys(uow.people.get(source.person_id).name for source in sources if source.person_id)
            )
            held = tuple(source.message_id for source in sources)
            label = f"S{signal.number}"
            found.append(Found(label, signal.kind.value, signal.category, signal.place, held, people, act=False))
    return found

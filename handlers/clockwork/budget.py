"""How much the bot may post: windows over an account, a chat and what nobody asked for in a group."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from handlers.policy.rooms import Budget as Pack
from models.codes import ASKED, PostKind
from models.limits import UNLIMITED, ChannelLimits, narrower
from models.outbox import Spent

BESIDE = 2
"""Posts that may be with the channel at once; each may be taken back, and what it pushed out of a window is needed."""
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
_Window = tuple[deque[datetime], timedelta, int]


class Budget:
    """Counts what left and says when the next post may leave. One for an account.

    pack: the deployment's; channel: what the account's channel takes, which no pack widens. others: the packs of
    places that have one of their own, by whose room limits posts may be asked about.
    """

    def __init__(self, pack: Pack, channel: ChannelLimits = UNLIMITED, others: Iterable[Pack] = ()) -> None:
        self._pack = pack
        self._channel = channel
        self._spans = (
            (MINUTE, narrower(pack.account_per_minute, channel.account_per_minute)),
            (HOUR, narrower(pack.account_per_hour, channel.account_per_hour)),
            (DAY, narrower(pack.account_per_day, channel.account_per_day)),
        )
        # No window ever asks for more than its limit of posts, so that is all that is kept.
        most = max((limit for _, limit in self._spans if limit is not None), default=0)
        self._account: deque[datetime] = deque(maxlen=most + BESIDE)
        packs = [pack, *others]
        in_room = [one.room_per_hour for one in packs] + [one.room_per_minute or 0 for one in packs]
        in_chat = max(*in_room, channel.chat_per_minute or 0, channel.chat_per_hour or 0)
        unasked = max(channel.room_unasked_per_hour or 0, *(one.room_unasked_per_hour or 0 for one in packs))
        self._chats: defaultdict[int | str, deque[datetime]] = defaultdict(lambda: deque(maxlen=in_chat + BESIDE))
        self._unasked: defaultdict[int, deque[datetime]] = defaultdict(lambda: deque(maxlen=unasked + BESIDE))

    def load(self, sent: Iterable[Spent]) -> None:
        """Fill in what left before this process started, oldest first."""
        for one in sent:
            self.spend(one.at, one.room_id, person_id=one.person_id, kind=one.kind)

    def spend(
        self,
        at: datetime,
        room_id: int | None,
        *,
        person_id: str | None = None,
        kind: PostKind = PostKind.NOTICE,
    ) -> None:
        """Count one post, to a room, a person or (neither) whoever leads somewhere."""
        self._account.append(at)
        chat = person_id if room_id is None else room_id
        if chat is not None:
            self._chats[chat].append(at)
        if room_id is not None and kind not in ASKED:
            self._unasked[room_id].append(at)

    def take_back(self, at: datetime, room_id: int | None, *, person_id: str | None, kind: PostKind) -> None:
        """Count a post no more that was counted at that time with spend()."""
        chat = person_id if room_id is None else room_id
        counted = [self._account]
        if chat is not None:
            counted.append(self._chats[chat])
        if room_id is not None and kind not in ASKED:
            counted.append(self._unasked[room_id])
        for spent in counted:
            if at in spent:
                spent.remove(at)

    def free_at(
        self,
        moment: datetime,
        room_id: int | None,
        share: float = 1,
        pack: Pack | None = None,
        *,
        person_id: str | None = None,
        kind: PostKind = PostKind.NOTICE,
    ) -> datetime:
        """The earliest time from moment on at which one more post may leave; asking changes nothing.

        share: of each budget, for what has to leave room for others. pack: of that room's own place.
        """
        rule = pack or self._pack
        free = self.chat_free_at(moment, room_id, share, rule, person_id=person_id, kind=kind)
        for span, limit in self._spans:
            if limit is not None:
                free = max(free, _window(self._account, span, _part(limit, share), moment))
        return free

    def chat_free_at(
        self,
        moment: datetime,
        room_id: int | None,
        share: float = 1,
        pack: Pack | None = None,
        *,
        person_id: str | None = None,
        kind: PostKind = PostKind.NOTICE,
    ) -> datetime:
        """The same for the chat alone, as if the account had no limits."""
        free = moment
        for spent, span, limit in self._windows(room_id, person_id, kind, pack or self._pack):
            free = max(free, _window(spent, span, _part(limit, share), moment))
        return free

    def _windows(self, room_id: int | None, person_id: str | None, kind: PostKind, pack: Pack) -> Iterator[_Window]:
        channel, in_room = self._channel, room_id is not None
        chat = person_id if room_id is None else room_id
        if chat is not None and (spent := self._chats.get(chat)) is not None:
            minute = narrower(channel.chat_per_minute, pack.room_per_minute if in_room else None)
            hour = narrower(channel.chat_per_hour, pack.room_per_hour if in_room else None)
            yield from ((spent, span, limit) for span, limit in ((MINUTE, minute), (HOUR, hour)) if limit is not None)
        if room_id is not None and kind not in ASKED and (spent := self._unasked.get(room_id)) is not None:
            unasked = narrower(channel.room_unasked_per_hour, pack.room_unasked_per_hour)
            if unasked is not None:
                yield spent, HOUR, unasked


def _part(limit: int, share: float) -> int:
    return max(1, int(limit * share))


def _window(spent: deque[datetime], span: timedelta, limit: int, moment: datetime) -> datetime:
    """When fewer than limit posts of spent (oldest first) lie within the last span."""
    if len(spent) < limit:
        return moment
    return max(moment, spent[-limit] + span)

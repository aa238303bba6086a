"""Noticing that an account's ids have changed: after a login, known names that speak under ids nobody knows."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from handlers.people.rebinding import Suspect
from handlers.policy.people import IdentityRule
from models.uow import Units


@dataclass(slots=True)
class _Login:
    """What is known since a login, in memory only. Whoever was never known counts on neither side."""

    at: datetime
    names: dict[str, str]
    ids: dict[str, list[str]]
    known: set[str]
    suspects: dict[str, Suspect]
    tried: set[str]
    paused: bool


class Watch:
    """Counts the senders of one account in the policy's time after a login.

    A sender counts as known when his id is, and as suspicious when nobody knows his id but the name that he bears
    is that of a known person whose own id has not spoken since. Most neighbours are not known at all.
    """

    def __init__(self, account: str, units: Units, rule: IdentityRule) -> None:
        self._account = account
        self._units = units
        self._rule = rule
        self._login: _Login | None = None

    def login(self, now: datetime) -> None:
        """The channel has logged in; reads who was known until now."""
        ids: dict[str, list[str]] = defaultdict(list)
        names: dict[str, str] = {}
        with self._units.read() as uow:
            for external_id, name, _ in uow.identities.names(self._account):
                names[external_id] = name
                if name:
                    ids[name].append(external_id)
            paused = uow.places.roles_paused(self._account)
        self._login = _Login(now, names, dict(ids), set(), {}, set(), paused)

    def tried(self, external_id: str) -> None:
        """Somebody has used a command that only roles may use."""
        if self._login is not None:
            self._login.tried.add(external_id)

    def heard(self, external_id: str, name: str, room_id: int, now: datetime) -> tuple[list[Suspect], bool]:
        """Note a sender; (suspects to ask about now, nearly always none; whether they have just become too many)."""
        login = self._login
        if login is not None and now - login.at > timedelta(minutes=self._rule.within_minutes):
            login = self._login = None
        if login is None:
            return [], False
        if external_id in login.names:
            login.known.add(external_id)
            return [], False
        suspect = self._suspect(login, external_id, name, room_id)
        if suspect is None or suspect == login.suspects.get(external_id):
            return [], False
        login.suspects[external_id] = suspect
        if login.paused:
            return [suspect], False
        living = [one for one in login.suspects.values() if not set(one.old_ids) & login.known]
        count = len(living) + len(login.known)
        if count < self._rule.at_least or len(living) <= self._rule.unknown_share * count:
            return [], False
        login.paused = True
        return living, True

    @staticmethod
    def _suspect(login: _Login, external_id: str, name: str, room_id: int) -> Suspect | None:
        before = login.suspects.get(external_id)
        if before is not None:
            return replace(before, tried=external_id in login.tried)
        silent = tuple(old for old in login.ids.get(name, []) if old not in login.known)
        return Suspect(external_id, name, room_id, silent, external_id in login.tried) if silent else None

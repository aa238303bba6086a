"""Who runs an account, whether it is logged in, and what it did today, within one unit of work."""

from datetime import datetime

from sqlmodel import Session, select

from models.link_tables import AccountLease, AccountLink, DailyCount


class Links:
    """Reads and writes of leases, logins and daily counts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- leases ---------------------------------------------------------------------------------

    def lease(self, account: str, *, locked: bool = False) -> AccountLease | None:
        """The lease of the account; locked: nobody else may change it until the end of the unit."""
        return self._session.get(AccountLease, account, with_for_update=True if locked else None)

    def leases(self) -> dict[str, AccountLease]:
        """Every lease, by account."""
        return {row.account: row for row in self._session.exec(select(AccountLease)).all()}

    def add_lease(self, account: str, holder: str, place: str, until: datetime) -> AccountLease:
        """The first lease of an account; a second one at the same time fails the commit."""
        row = AccountLease(account=account, epoch=1, holder=holder, place=place, until=until)
        self._session.add(row)
        self._session.flush()
        return row

    # -- logins ---------------------------------------------------------------------------------

    def link(self, account: str) -> AccountLink | None:
        """Whether the account is logged in, if its channel ever reported that."""
        return self._session.get(AccountLink, account)

    def links(self) -> dict[str, AccountLink]:
        """What is known of every account, by name."""
        return {row.account: row for row in self._session.exec(select(AccountLink)).all()}

    def set_link(self, account: str, *, online: bool, since: datetime, reason: str = "") -> AccountLink:
        """Note a login or its end. alarmed stays as it is."""
        row = self.link(account)
        if row is None:
            row = AccountLink(account=account, online=online, since=since, reason=reason)
            self._session.add(row)
        row.online, row.since, row.reason = online, since, reason
        self._session.flush()
        return row

    # -- what is limited by the day -------------------------------------------------------------

    def counted(self, account: str, what: str, day: str) -> int:
        """How often the account did that on that day."""
        row = self._session.get(DailyCount, (account, what))
        return row.count if row is not None and row.day == day else 0

    def count(self, account: str, what: str, day: str) -> None:
        """The account has done that once more."""
        self._session.merge(DailyCount(account=account, what=what, day=day, count=self.counted(account, what, day) + 1))

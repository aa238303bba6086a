"""A relay over a small village in memory, driven by hand: rows in, posts and outcomes out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plain import plain_app
from sqlalchemy import Engine
from worlds import ACCOUNT, NOW, World, build_world

from bot.app import App
from bot.relay import Relay
from bot.transports.base import Outcome, Post, Sent
from models import schema
from models.codes import OutgoingState, PostKind
from models.engine import open_engine
from models.outgoing_tables import Outgoing
from models.uow import UnitOfWork


@dataclass
class Office:
    """The account's relay and its village; now is handed in, nothing waits."""

    engine: Engine
    app: App
    world: World
    relay: Relay
    limits: bool

    def restart(self) -> None:
        """A new process over the same database."""
        self.app = plain_app(self.engine, (ACCOUNT,), limits=self.limits)
        self.relay = self.app.shards[ACCOUNT].relay

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        with self.app.units() as uow:
            yield uow
            uow.commit()

    def promise(self, text: str, kind: PostKind = PostKind.REPLY, *, at: datetime = NOW, **fields: Any) -> int:
        """An outbox row; to the resident unless it says otherwise."""
        to = {"person_id": self.world.resident.id, "address": self.world.resident.name}
        if fields.keys() & {"room_id", "leader_of", "person_id"}:
            to = {}
        values = {"account": ACCOUNT, "text": text, "kind": kind, "created_at": at, "not_before": at}
        with self.writing() as uow:
            row = Outgoing(**{**values, **to, **fields})
            uow.outbox.add(row)
        self.relay.refill()
        assert row.id is not None
        return row.id

    def send(self, now: datetime = NOW, outcome: Outcome | None = None) -> list[str]:
        """The texts of everything that may leave now, each with the same outcome."""
        texts = []
        while (post := self.relay.take(now)) is not None:
            texts.append(post.text)
            self.relay.settle(post, outcome or Sent(f"id-{post.row}"), now)
        return texts

    def take(self, now: datetime = NOW) -> Post:
        post = self.relay.take(now)
        assert post is not None
        return post

    def state(self, row: int) -> tuple[OutgoingState, str | None]:
        with self.app.units() as uow:
            found = uow.outbox.get(row)
            return found.state, found.error


def open_office(*, limits: bool = False) -> Office:
    """Over a fresh database in memory."""
    engine = open_engine("sqlite://")
    schema.create(engine)
    app = plain_app(engine, (ACCOUNT,), limits=limits)
    with app.units() as uow:
        world = build_world(uow)
        uow.commit()
    return Office(engine, app, world, app.shards[ACCOUNT].relay, limits)

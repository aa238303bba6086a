"""Of a policy pack: the menu of services that residents order by number (服务菜单, 点单), and the list of powers."""

from functools import cached_property

from pydantic import Field

from handlers.policy.part import Part
from models.codes import NodeLevel


class Service(Part):
    """One item. number: what people order it by; it stays when others come and go. category: of the ticket.

    private: only staff read who ordered it (低保, 救助).
    """

    number: int = Field(ge=1, le=9999)
    name: str = Field(min_length=2, max_length=20)
    category: str = ""
    level: NodeLevel | None = None
    organisation: str = ""
    private: bool = False


class ServiceClass(Part):
    """A class of items. Category, level and organisation hold for those of its items that say nothing themselves.

    group: the list that several classes make up together (小微权力清单). power: its items are duties: they go to the
    nearest organisation of that name, else to whoever leads at that level, and are never offered to volunteers.
    """

    name: str = Field(min_length=2, max_length=12)
    group: str = Field(default="", max_length=12)
    power: bool = False
    category: str = ""
    level: NodeLevel | None = None
    organisation: str = ""
    items: tuple[Service, ...] = Field(min_length=1)

    def category_of(self, item: Service) -> str:
        return item.category or self.category

    def level_of(self, item: Service) -> NodeLevel | None:
        return item.level or self.level

    def organisation_of(self, item: Service) -> str:
        return item.organisation or self.organisation


class Services(Part):
    """approval: an order waits until somebody who leads at approved_at agrees (社区下单).

    at_most: so many orders of one person may be open at once.
    """

    on: bool = False
    approval: bool = True
    approved_at: NodeLevel = NodeLevel.VILLAGE
    at_most: int = Field(default=5, ge=1)
    classes: tuple[ServiceClass, ...] = ()

    @cached_property
    def by_number(self) -> dict[int, tuple[ServiceClass, Service]]:
        return {item.number: (one, item) for one in self.classes for item in one.items}

    def class_named(self, said: str) -> ServiceClass | None:
        """The class of that name, or of that place on the list: 物业服务, 4."""
        if said.isascii() and said.isdigit():
            return self.classes[int(said) - 1] if 1 <= int(said) <= len(self.classes) else None
        return next((one for one in self.classes if said == one.name), None)

    def named(self, said: str) -> list[tuple[ServiceClass, Service]]:
        """The items of that name, else those in whose name it stands."""
        entries = list(self.by_number.values())
        same = [entry for entry in entries if entry[1].name == said]
        return same or [entry for entry in entries if len(said) > 1 and said in entry[1].name]

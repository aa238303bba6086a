"""Tables of those who are to solve what people ask for: companies, departments, and who answers for what."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.codes import OrganisationKind
from models.types import coded


class Organisation(SQLModel, table=True):
    """A company or department that works at a node and below it."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: OrganisationKind = Field(sa_column=coded(OrganisationKind))
    node_id: int = Field(foreign_key="grid_node.id", index=True)


class Member(SQLModel, table=True):
    """Somebody who answers for an organisation, in order of position: the first who can be written to is told."""

    organisation_id: int = Field(foreign_key="organisation.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True, index=True)
    position: int = 0


class Responsible(SQLModel, table=True):
    """Who is asked first about a category at a node and below it: a person or an organisation, one of both."""

    __table_args__ = (Index("ux_responsible", "node_id", "category", unique=True),)
    id: int | None = Field(default=None, primary_key=True)
    node_id: int = Field(foreign_key="grid_node.id")
    category: str
    person_id: str | None = Field(default=None, foreign_key="person.id")
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id")

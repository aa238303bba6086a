"""Of a policy pack: whether the whole course of a matter may be read as one account (一事一册)."""

from handlers.policy.part import Part


class Dossier(Part):
    """on: 一事一册 N is a command, and the history also says who was told of the outcome."""

    on: bool = False

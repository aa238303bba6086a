"""xiaoshao feedback export: what leaders corrected, as JSON lines for training."""

import json

from bot.operating import current_database
from bot.settings import Settings
from models.uow import UnitOfWork


def export(settings: Settings) -> list[str]:
    """One line for each example. The day is all that is said of its time. Raises NotReadyError."""
    lines = []
    with UnitOfWork(current_database(settings), read_only=True) as uow:
        for example in uow.feedback.all():
            row = {
                "day": example.at.date().isoformat(),
                "place": uow.places.node(example.scope_id).code,
                "source": example.source.value,
                "category": example.category,
                "label": example.label,
                "band": example.band,
                "score": None if example.score is None else round(example.score, 4),
                "model": example.model,
                "features": example.features,
                "text": example.text,
            }
            lines.append(json.dumps(row, ensure_ascii=False))
    return lines

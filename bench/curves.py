"""Reliability of the scores, and precision against recall, where one message in a hundred matters.

Needs and none lines come from the passes that were never trained on, ordinary chat from the part of the public files
that was held out. Weights make the needs 1 % of all; of the rest, CALM_SHARE is ordinary chat.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from nlp.calibrate import CALM_SHARE, PRIOR

EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.01)
RECALLS = tuple(step / 20 for step in range(1, 20))
Weighed = tuple[float, bool, float]  # score, matters, weight


def weigh(needs: Sequence[float], nones: Sequence[float], chat: Sequence[float]) -> list[Weighed]:
    """Scores of three sorts of messages with their weights in the field, which sum to 1."""
    groups = (
        (needs, True, PRIOR),
        (nones, False, (1 - PRIOR) * (1 - CALM_SHARE)),
        (chat, False, (1 - PRIOR) * CALM_SHARE),
    )
    return [(score, matters, share / len(scores)) for scores, matters, share in groups for score in scores]


def reliability(messages: Sequence[Weighed]) -> Iterator[tuple[float, float, float, float]]:
    """(lowest score, share of all messages, mean score, share that matters) for each range of scores."""
    for low, high in pairwise(EDGES):
        inside = [message for message in messages if low <= message[0] < high]
        weight = sum(share for _, _, share in inside)
        if weight:
            mean = sum(score * share for score, _, share in inside) / weight
            yield low, weight, mean, sum(share for _, matters, share in inside if matters) / weight


def precision_recall(messages: Sequence[Weighed]) -> Iterator[tuple[float, float, float, float]]:
    """(recall, precision, score, false ones per 1,000 messages) at each of RECALLS, from the highest score down."""
    right = wrong = 0.0
    wanted = list(RECALLS)
    for score, matters, share in sorted(messages, key=lambda message: (-message[0], message[1])):
        right, wrong = right + share * matters, wrong + share * (not matters)
        while wanted and right / PRIOR >= wanted[0] - 1e-9:
            yield wanted.pop(0), right / (right + wrong), score, 1000 * wrong


def print_curves(needs: Sequence[float], nones: Sequence[float], chat: Sequence[float]) -> None:
    """Both tables."""
    messages = weigh(needs, nones, chat)
    print("\nreliability, 1 message in 100 matters\n  score from   share of messages   mean score   matter")
    for low, weight, mean, true in reliability(messages):
        print(f"  {low:10.3f}   {weight:17.5f}   {mean:10.3f}   {true:6.3f}")
    print("\nprecision and recall, 1 message in 100 matters\n  recall   precision   score   wrong per 1,000")
    for recall, precision, score, wrong in precision_recall(messages):
        print(f"  {recall:6.2f}   {precision:9.3f}   {score:5.3f}   {wrong:15.2f}")

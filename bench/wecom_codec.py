"""Which wrong callbacks are read by which software: python -m bench.wecom_codec.

Prints a table in Markdown: for each family of tests/wecom_families.py what npm @wecom/crypto (with the comparison of
the receiver that it leaves to its user), PyPI wechatpy and our own codec make of it.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from bot.transports.wecom.codec import CallbackRefused, Codec
from bot.transports.wecom.replay import ReplayGuard

TESTS = Path(__file__).parents[1] / "tests"


def main() -> None:
    sys.path.insert(0, str(TESTS))
    from wecom_families import NOW, Family, families
    from wecom_readers import REFUSED, read_by_peers
    from wecom_vector import KEY, TOKEN

    def ours(family: Family) -> str:
        codec = Codec(SecretStr(TOKEN), SecretStr(KEY), family.receiver)
        guard = ReplayGuard(lambda: datetime.fromtimestamp(NOW, UTC))
        call = family.call
        try:
            for _ in range(2 if family.twice else 1):
                codec.verify(call.signature, call.timestamp, call.nonce, call.encrypted)
                guard.accept(call.timestamp, call.nonce)
                codec.decrypt(call.encrypted)
        except CallbackRefused as refused:
            return refused.fault.value
        return "**reads it**"

    wrong = families()
    print("| what is wrong | @wecom/crypto 1.0.1 | wechatpy 2.0.0a26 | ours refuses it: |")
    print("| --- | --- | --- | --- |")
    accepted = [0, 0, 0]
    for family, texts in zip(wrong, read_by_peers(wrong), strict=True):
        reads = ["refuses" if text == REFUSED else "reads it" for text in texts]
        verdict = ours(family)
        print(f"| {family.name} | {' | '.join(reads)} | {verdict} |")
        for place, lax in enumerate((*(text != REFUSED for text in texts), "reads" in verdict)):
            accepted[place] += lax
    npm_count, wechatpy_count, our_count = accepted
    print(f"\nOf {len(wrong)} @wecom/crypto reads {npm_count}, wechatpy {wechatpy_count}, ours {our_count}.")
    sys.exit(1 if our_count else 0)


if __name__ == "__main__":
    main()

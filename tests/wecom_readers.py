"""Other people's software that reads and writes WeCom's callbacks, and what it makes of wrong ones."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wechatpy.work.crypto import WeChatCrypto
from wecom_families import Call, Family
from wecom_vector import CORP, KEY, TOKEN

PEERS = Path(__file__).parent / "wecom_peers"
REFUSED = "refused"


def npm(asks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What npm @wecom/crypto answers. Raises RuntimeError with the remedy when it is not installed."""
    node = shutil.which("node")
    if node is None or not (PEERS / "node_modules" / "@wecom" / "crypto").is_dir():
        raise RuntimeError("no Node.js or no @wecom/crypto: run `make setup`")
    lines = [json.dumps({"token": TOKEN, "key": KEY, "receiver": CORP, **ask}) for ask in asks]
    done = subprocess.run(
        [node, "peer.mjs"], cwd=PEERS, input="\n".join(lines), capture_output=True, text=True, timeout=60, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines)
    return answers


def npm_opens(calls: Iterable[Call], receiver: str = CORP) -> list[str]:
    """The texts that npm @wecom/crypto reads, or REFUSED."""
    asks = [
        {
            "do": "open",
            "receiver": receiver,
            "signature": call.signature,
            "timestamp": call.timestamp,
            "nonce": call.nonce,
            "encrypted": call.encrypted,
        }
        for call in calls
    ]
    return [answer.get("text", REFUSED) for answer in npm(asks)]


def wechatpy_opens(call: Call, receiver: str = CORP) -> str:
    """The text that PyPI wechatpy reads, or REFUSED."""
    crypto = WeChatCrypto(TOKEN, KEY, receiver)
    try:
        text = crypto.decrypt_message({"Encrypt": call.encrypted}, call.signature, call.timestamp, call.nonce)
    except Exception:
        return REFUSED  # it raises whatever its parts raise
    return str(text)


def read_by_peers(wrong: list[Family]) -> list[tuple[str, str]]:
    """What npm @wecom/crypto and PyPI wechatpy make of each."""
    npm_texts: dict[str, str] = {}
    for receiver in {one.receiver for one in wrong}:
        mine = [one for one in wrong if one.receiver == receiver]
        texts = npm_opens((one.call for one in mine), receiver)
        npm_texts |= {one.name: text for one, text in zip(mine, texts, strict=True)}
    return [(npm_texts[one.name], wechatpy_opens(one.call, one.receiver)) for one in wrong]

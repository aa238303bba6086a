"""The callback crypto against software that this project did not write, both ways, and what that lets pass."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr
from wechatpy.work.crypto import WeChatCrypto
from wecom_families import NONCE, NOW, WORDS, Call, families, sign
from wecom_readers import REFUSED, npm, npm_opens, read_by_peers, wechatpy_opens
from wecom_vector import CORP, KEY, TOKEN

from bot.transports.wecom.codec import Codec

MESSAGES = 1000
ALPHABETS = ("abcXYZ 0129<>&\"'\\/{}[]", "三楼的路灯坏了，没人管。王阿姨！", "🙂👩‍👩‍👧𠀀\u0301\u200b", "\t\n\r\x00\x7f")


def texts(seed: int) -> list[str]:
    """Random ones, of all lengths around the blocks and some long."""
    random = Random(seed)
    return [
        "".join(
            random.choices(
                "".join(random.sample(ALPHABETS, 2)), k=number % 70 if number % 50 else random.randrange(5000)
            )
        )
        for number in range(MESSAGES)
    ]


def codec(receiver: str) -> Codec:
    return Codec(SecretStr(TOKEN), SecretStr(KEY), receiver)


def opened(ours: Codec, call: Call) -> str:
    ours.verify(call.signature, call.timestamp, call.nonce, call.encrypted)
    return ours.decrypt(call.encrypted)


def sealed(ours: Codec, text: str, nonce: str) -> Call:
    encrypted = ours.encrypt(text)
    return Call(ours.sign(str(NOW), nonce, encrypted), str(NOW), nonce, encrypted)


@pytest.mark.parametrize("receiver", [CORP, ""])
def test_the_npm_package_and_we_read_each_other(receiver: str) -> None:
    ours, said = codec(receiver), texts(1)
    asks = ({"do": "seal", "text": text, "receiver": receiver, "timestamp": str(NOW), "nonce": NONCE} for text in said)
    theirs = npm(asks)
    assert [opened(ours, Call(one["signature"], str(NOW), NONCE, one["encrypted"])) for one in theirs] == said
    assert npm_opens((sealed(ours, text, str(n)) for n, text in enumerate(said)), receiver) == said


@pytest.mark.parametrize("receiver", [CORP, ""])
def test_wechatpy_and_we_read_each_other(receiver: str) -> None:
    ours, said = codec(receiver), texts(2)
    theirs = WeChatCrypto(TOKEN, KEY, receiver)
    for number, text in enumerate(said):
        assert wechatpy_opens(sealed(ours, text, str(number)), receiver) == text
        answer = theirs.encrypt_message(text, str(number), str(NOW))
        encrypted = answer.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
        call = Call(sign(encrypted, nonce=str(number)), str(NOW), str(number), encrypted)
        assert f"<![CDATA[{call.signature}]]>" in answer
        assert opened(ours, call) == text


def test_both_let_pass_some_of_what_we_refuse() -> None:
    """Else the table of bench.wecom_codec would praise us for nothing."""
    wrong = families()
    reads = {family.name: texts for family, texts in zip(wrong, read_by_peers(wrong), strict=True)}
    for name in ("padding one byte wrong", "bot: length 4,294,967,295", "an hour old", "nonce replayed"):
        assert reads[name] == (WORDS, WORDS), name
    for name in ("signed with another token", "another corp"):
        assert reads[name] == (REFUSED, REFUSED), name
    assert reads["the alphabet for URLs"][0] != REFUSED


def test_the_table_of_who_lets_what_pass_can_be_printed() -> None:
    root = Path(__file__).parents[4]
    command = [sys.executable, "-m", "bench.wecom_codec"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == len(families()) + 2
    assert "ours 0." in done.stdout and "**reads it**" not in done.stdout

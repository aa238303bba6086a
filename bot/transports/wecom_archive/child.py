"""The child process around the native library: one JSON value a line in, one out.

A crash of the library kills only this process. The private keys stay with the parent. What the library prints goes to
standard error, which the parent throws away: it may hold anything.
"""

import base64
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from bot.transports.wecom_archive.sdk import NoLibrary, Refusal, Sdk, load


def main(load: Callable[[str], Mapping[str, int]] = load) -> None:
    """Serve until standard input ends. The first line holds the settings, each other one a request."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(value: dict[str, Any]) -> None:
        print(json.dumps(value), file=answers, flush=True)

    settings = json.loads(sys.stdin.readline())
    try:
        addresses = load(settings["library"])
    except NoLibrary as error:
        answer({"library": str(error)})
        return
    sdk = Sdk(addresses, settings["proxy"], settings["proxy_password"], settings["timeout"])
    try:
        sdk.init(settings["corp_id"], settings["secret"])
    except Refusal as error:
        answer({"code": error.code})
        return
    answer({"ready": True})
    for line in sys.stdin:
        try:
            answer(_serve(sdk, json.loads(line)))
        except Refusal as error:
            answer({"code": error.code})
        except UnicodeDecodeError:
            answer({"code": 10002})
    sdk.close()


def _serve(sdk: Sdk, request: dict[str, Any]) -> dict[str, Any]:
    match request["do"]:
        case "fetch":
            return {"content": sdk.fetch(request["seq"], request["limit"])}
        case "decrypt":
            return {"texts": [_decrypted(sdk, key, message) for key, message in request["items"]]}
        case "media":
            data, index, done = sdk.media(request["file"], request["index"])
            return {"data": base64.b64encode(data).decode(), "index": index, "done": done}
        case other:
            raise ValueError(other)


def _decrypted(sdk: Sdk, key: str, message: str) -> str | None:
    try:
        return sdk.decrypt(key, message)
    except (Refusal, UnicodeDecodeError):
        return None


if __name__ == "__main__":
    main()

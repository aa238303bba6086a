"""A process that wants an app's token: python wecom_token_process.py URL FOLDER AGENT TIME [BAD TOKEN].

Prints ready, waits for a line, asks, and prints the token.
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr
from wecom_server import CORP

from bot.transports.wecom.api import Api
from bot.transports.wecom.token_file import FileTokenStore
from bot.transports.wecom.tokens import AppKey, Tokens


def main() -> None:
    url, folder, agent, time, *bad = sys.argv[1:]
    tokens = Tokens(
        AppKey(CORP, agent),
        SecretStr(f"secret-of-{agent}"),
        store=FileTokenStore(Path(folder)),
        api=Api(url),
        clock=lambda: datetime.fromisoformat(time),
    )
    print("ready", flush=True)
    sys.stdin.readline()
    token = asyncio.run(tokens.get(instead_of=SecretStr(bad[0]) if bad else None))
    print(token.get_secret_value(), flush=True)


if __name__ == "__main__":
    main()

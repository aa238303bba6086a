"""Which accounts on which channels: one TOML file, checked as a whole. No secret ever stands in it."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from bot.channel_kinds import KINDS, ChannelKind, Kind, is_public

FRIENDS_PER_DAY = 20
"""Friend requests that an account accepts a day, where the file says nothing else."""
_COMMON = frozenset({"kind", "assist", "friends_per_day"})
_IN_ADDRESS = re.compile(r"[a-z0-9][a-z0-9-]*")
_CALLBACKS = frozenset({"host", "port", "public_url"})


class ChannelsError(Exception):
    """The file cannot be used. faults: each a Chinese sentence with the remedy; str() is all of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """One account. assist: nothing is posted into groups, leaders get it ready to forward."""

    name: str
    kind: ChannelKind
    options: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    assist: bool = False
    friends_per_day: int = FRIENDS_PER_DAY

    @property
    def spec(self) -> Kind:
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Where callbacks by URL are served, and the public address that leads there."""

    host: str = "127.0.0.1"
    port: int = 8780
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelsConfig:
    """Every account in the order of the file. exposed: files of secrets that others on the machine may read."""

    accounts: tuple[AccountConfig, ...]
    callbacks: Callbacks = Callbacks()
    exposed: tuple[str, ...] = ()


def load_channels(path: Path, environment: Mapping[str, str] | None = None) -> ChannelsConfig:
    """The accounts of a file. Secret files are looked for beside it. Raises ChannelsError with all faults at once."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ChannelsError([f"找不到通道文件 {path}，请检查设置 CHANNELS；写法见 docs/channels-setup.md。"]) from None
    except (OSError, UnicodeDecodeError):
        raise ChannelsError([f"读不了通道文件 {path}，请检查它的权限，并存为 UTF-8 编码。"]) from None
    except tomllib.TOMLDecodeError as error:
        text = f"通道文件 {path.name} 不是正确的 TOML（{_where(error)}），请检查引号和等号；中文的账号名也要加引号。"
        raise ChannelsError([text]) from None
    return _Reading(path, os.environ if environment is None else environment).read(content)


class _Reading:
    """One reading of the file, which gathers faults instead of stopping at the first."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self._path = path
        self._environment = environment
        self._faults: list[str] = []
        self._exposed: list[str] = []

    def read(self, content: Mapping[str, object]) -> ChannelsConfig:
        for name in content.keys() - {"accounts", "callbacks"}:
            self._fault(f"没有「{name}」这一段，只能写 [accounts.账号名] 和 [callbacks]。")
        tables = content.get("accounts")
        if not isinstance(tables, dict) or not tables:
            self._fault("一个账号也没有，请至少写一段 [accounts.账号名]。")
            tables = {}
        accounts = [found for name, table in tables.items() if (found := self._account(name, table)) is not None]
        self._together(accounts)
        callbacks = self._callbacks(content.get("callbacks"), accounts)
        if self._faults:
            raise ChannelsError(self._faults)
        return ChannelsConfig(tuple(accounts), callbacks, tuple(self._exposed))

    def _fault(self, text: str) -> None:
        self._faults.append(f"通道文件 {self._path.name}：{text}")

    def _account(self, name: str, table: object) -> AccountConfig | None:
        if not isinstance(table, dict):
            self._fault(f"「{name}」要写成 [accounts.{name}] 一段。")
            return None
        try:
            kind = ChannelKind(str(table.get("kind")))
        except ValueError:
            kinds = "、".join(f'"{one.value}"（{KINDS[one].name}）' for one in ChannelKind)
            self._fault(f"账号「{name}」的 kind 要写成这几种之一：{kinds}。")
            return None
        spec = KINDS[kind]
        self._no_strangers(name, table, spec)
        options = {key: table[key] for key in spec.options if key in table}
        for key, check in spec.options.items():
            if key in options:
                self._check(name, key, check(options[key]))
            elif key not in spec.optional:
                self._fault(f"账号「{name}」少了 {key}，请补上。")
        secrets = {key: value for key in spec.secrets if (value := self._secret(name, key, table, spec)) is not None}
        assist, daily = table.get("assist", False), table.get("friends_per_day", FRIENDS_PER_DAY)
        if not isinstance(assist, bool):
            self._fault(f"账号「{name}」的 assist 只能写 true 或 false，不加引号。")
        if isinstance(daily, bool) or not isinstance(daily, int) or not 0 <= daily <= 100:
            self._fault(f"账号「{name}」的 friends_per_day 要写成 0 到 100 的整数。")
            daily = FRIENDS_PER_DAY
        return AccountConfig(
            name,
            kind,
            MappingProxyType(options),
            MappingProxyType(secrets),
            assist is True or kind is ChannelKind.WECOM_ARCHIVE,
            daily,
        )

    def _together(self, accounts: Sequence[AccountConfig]) -> None:
        """What one account has to do with another, and with its address."""
        apps = {one.name for one in accounts if one.kind is ChannelKind.WECOM_APP}
        for one in accounts:
            if one.spec.web and not _IN_ADDRESS.fullmatch(one.name):
                self._fault(f"账号「{one.name}」的名字会写进回调网址，只能用小写字母、数字和减号，例如 grid-bot。")
            by = one.options.get("speaks_by")
            if one.kind is ChannelKind.WECOM_ARCHIVE and by is None:
                self._fault(
                    f'账号「{one.name}」只能听不能说，请写 speaks_by = "应用账号"：'
                    "要说的话由那个自建应用私下发给负责人，请他转发。"
                )
            elif by is not None and by not in apps:
                self._fault(f"账号「{one.name}」的 speaks_by 要写成这个文件里一个 wecom_app 账号的名字。")

    def _no_strangers(self, name: str, table: Mapping[str, object], spec: Kind) -> None:
        named = {f"{key}_{how}" for key in spec.secrets for how in ("file", "env")}
        for key in table:
            if key in spec.secrets:
                self._fault(
                    f'账号「{name}」的 {key} 不要直接写在这个文件里：把它单独存一个文件、写 {key}_file = "文件名"，'
                    f'或放进环境变量、写 {key}_env = "变量名"；写过的请换一个新的。'
                )
            elif key not in _COMMON | spec.options.keys() | named:
                known = "、".join(
                    [*spec.options, *(f"{one}_file" for one in spec.secrets), *sorted(_COMMON - {"kind"})]
                )
                self._fault(f"账号「{name}」不认识「{key}」，可以写的有：{known}。")

    def _check(self, name: str, key: str, problem: str | None) -> None:
        if problem is not None:
            self._fault(f"账号「{name}」的 {key} {problem}。")

    def _secret(self, name: str, key: str, table: Mapping[str, object], spec: Kind) -> SecretStr | None:
        file, variable = table.get(f"{key}_file"), table.get(f"{key}_env")
        if (file is None) == (variable is None):
            if key not in table:
                self._fault(f'账号「{name}」请写 {key}_file = "文件名" 或 {key}_env = "变量名"，两个里写一个。')
            return None
        if not isinstance(file if variable is None else variable, str):
            self._fault(f"账号「{name}」的 {key}_{'file' if variable is None else 'env'} 要写成引号里的文字。")
            return None
        value = self._from_file(name, key, str(file)) if variable is None else self._environment.get(str(variable))
        if value is None:
            if variable is not None:
                self._fault(f"账号「{name}」的 {key}_env：没有环境变量 {variable}，请设好再启动。")
            return None
        value = value if "\n-----" in value else value.strip()
        if (problem := spec.secrets[key](value)) is not None:
            where = f"文件 {file} 里" if variable is None else "环境变量里"
            self._fault(f"账号「{name}」的 {key}（在{where}）{problem}。")
            return None
        return SecretStr(value)

    def _from_file(self, name: str, key: str, file: str) -> str | None:
        path = self._path.parent / file
        try:
            value = path.read_text(encoding="utf-8")
            if path.stat().st_mode & 0o077:
                self._exposed.append(file)
        except (OSError, UnicodeDecodeError):
            self._fault(
                f"账号「{name}」的 {key}_file：读不了 {file}，请检查它在不在、权限对不对（从通道文件那里算起）。"
            )
            return None
        return value

    def _callbacks(self, table: object, accounts: Sequence[AccountConfig]) -> Callbacks:
        web = [one.name for one in accounts if one.spec.web]
        if table is None:
            if web:
                names = "、".join(web)
                self._fault(f'账号「{names}」要靠网址回调，请加一段 [callbacks]，写上 public_url = "https://…"。')
            return Callbacks()
        if not isinstance(table, dict):
            self._fault("callbacks 要写成 [callbacks] 一段。")
            return Callbacks()
        for key in table.keys() - _CALLBACKS:
            self._fault(f"[callbacks] 里不认识「{key}」，可以写 host、port、public_url。")
        usual = Callbacks()
        host, port = table.get("host", usual.host), table.get("port", usual.port)
        if not isinstance(host, str) or not host:
            self._fault('[callbacks] 的 host 要写成引号里的地址，例如 "127.0.0.1"。')
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
            self._fault("[callbacks] 的 port 要写成 0 到 65535 的整数。")
            port = usual.port
        public = table.get("public_url")
        if (web or public is not None) and (problem := is_public(public)) is not None:
            self._fault(f"[callbacks] 的 public_url {problem}。")
        return Callbacks(str(host), port, str(public).rstrip("/") if public is not None else None)


def _where(error: tomllib.TOMLDecodeError) -> str:
    """第几行, without repeating what stands there."""
    said = str(error).rpartition("at line ")[2].split(",")[0]
    return f"第 {said} 行" if said.isdigit() else "文件末尾"

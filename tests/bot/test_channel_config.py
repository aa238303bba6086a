"""The file of accounts: every fault at once, each a sentence with its remedy, and never a secret."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.channel_config import FRIENDS_PER_DAY, ChannelsConfig, ChannelsError, load_channels
from bot.channel_kinds import KINDS, ChannelKind, endpoint

KEY = "12345678-90ab-cdef-1234-567890abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    secret = tmp_path / "token"
    secret.write_text("geheim\n", encoding="utf-8")
    secret.chmod(0o600)
    return tmp_path


def load(folder: Path, text: str, **environment: str) -> ChannelsConfig:
    path = folder / "channels.toml"
    path.write_text(text, encoding="utf-8")
    return load_channels(path, environment)


def faults(folder: Path, text: str, **environment: str) -> tuple[str, ...]:
    with pytest.raises(ChannelsError) as caught:
        load(folder, text, **environment)
    assert all(one.startswith("通道文件 channels.toml：") and one.endswith("。") for one in caught.value.faults)
    return caught.value.faults


def test_accounts_of_several_kinds_with_secrets_from_files_and_from_the_environment(folder: Path) -> None:
    found = load(
        folder,
        """
        [accounts."一号"]
        kind = "wechaty"
        endpoint = "127.0.0.1:8788"
        token_file = "token"
        friends_per_day = 5
        [accounts."通知"]
        kind = "wecom_webhook"
        key_env = "HOOK"
        assist = false
        """,
        HOOK=f" {KEY}\n",
    )
    first, second = found.accounts
    assert (first.name, first.kind, first.options["endpoint"]) == ("一号", ChannelKind.WECHATY, "127.0.0.1:8788")
    assert (first.secrets["token"], first.friends_per_day) == (SecretStr("geheim"), 5)
    assert (second.secrets["key"].get_secret_value(), second.friends_per_day) == (KEY, FRIENDS_PER_DAY)
    assert "geheim" not in repr(found)
    assert KEY not in repr(found)
    assert found.exposed == ()


def test_every_fault_is_named_at_once_and_no_value_is_repeated(folder: Path) -> None:
    said = faults(
        folder,
        """
        [accounts."一号"]
        kind = "wechaty"
        endpoint = "http://h"
        token = "geheim-im-klartext"
        colour = "red"
        [accounts."二号"]
        kind = "telegram"
        [accounts."三号"]
        kind = "wecom_webhook"
        key_env = "HOOK"
        assist = "nein"
        friends_per_day = 1000
        [accounts.vier]
        kind = "wecom_app"
        agent_id = "x"
        secret_file = "missing"
        token_file = "token"
        aes_key_env = "NONE"
        [accounts."五"]
        kind = "wecom_bot_url"
        token_file = "token"
        aes_key_env = "AES"
        [accounts.sechs]
        kind = "wecom_archive"
        corp_id = "c"
        library = "lib.so"
        secret_file = "token"
        private_key_env = "PEM"
        [accounts.sieben]
        kind = "wecom_archive"
        corp_id = "c"
        library = "lib.so"
        speaks_by = "sechs"
        secret_file = "token"
        private_key_env = "PEM"
        [other]
        """,
        HOOK="geheim-hook",
        AES="a" * 43,
        PEM="-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
    )
    text = "\n".join(said)
    for part in (
        "没有「other」这一段",
        "账号「一号」的 endpoint 要写成 主机:端口",
        "账号「一号」的 token 不要直接写在这个文件里",
        "账号「一号」不认识「colour」，可以写的有：endpoint",
        "账号「二号」的 kind 要写成这几种之一",
        "账号「三号」的 key（在环境变量里）不像群机器人的 key",
        "账号「三号」的 assist 只能写 true 或 false",
        "账号「三号」的 friends_per_day 要写成 0 到 100 的整数",
        "账号「vier」少了 corp_id",
        "账号「vier」的 agent_id 要写成大于 0 的整数",
        "账号「vier」的 secret_file：读不了 missing",
        "账号「vier」的 aes_key_env：没有环境变量 NONE",
        "账号「五」的名字会写进回调网址，只能用小写字母、数字和减号",
        "账号「sechs」只能听不能说，请写 speaks_by",
        "账号「sieben」的 speaks_by 要写成这个文件里一个 wecom_app 账号的名字",
        "账号「vier、五」要靠网址回调，请加一段 [callbacks]",
    ):
        assert part in text, part
    assert "geheim" not in text
    assert len(said) == 16


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "一个账号也没有"),
        ("accounts = 3", "一个账号也没有"),
        ("[accounts]\nx = 3", "「x」要写成 [accounts.x] 一段"),
        ('[accounts.x]\nkind="wechaty"\nendpoint="h:1"', "请写 token_file"),
        ('[accounts.x]\nkind="wechaty"\nendpoint="h:1"\ntoken_file="token"\ntoken_env="A"', "两个里写一个"),
        ('[accounts.x]\nkind="wechaty"\nendpoint="h:1"\ntoken_file=3', "token_file 要写成引号里的文字"),
        ('[callbacks]\nport=70000\npublic_url="h"\nhost=""\nx=1', "port 要写成 0 到 65535"),
        ("callbacks = 1", "callbacks 要写成 [callbacks] 一段"),
        ('[accounts.x]\nkind = "geheim', "不是正确的 TOML（文件末尾），"),
    ],
)
def test_a_single_fault(folder: Path, text: str, sentence: str) -> None:
    path = folder / "channels.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ChannelsError) as caught:
        load_channels(path, {})
    assert sentence in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_not_there_or_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ChannelsError, match="找不到通道文件"):
        load_channels(tmp_path / "x.toml")
    (tmp_path / "x.toml").write_bytes("名".encode("gb18030"))
    with pytest.raises(ChannelsError, match="UTF-8"):
        load_channels(tmp_path / "x.toml")


def test_a_secret_that_others_may_read_is_noticed(folder: Path) -> None:
    (folder / "token").chmod(0o644)
    text = '[accounts.x]\nkind="wechaty"\nendpoint="h:1"\ntoken_file="token"'
    assert load(folder, text).exposed == ("token",)


def test_callbacks_with_their_public_address(folder: Path) -> None:
    text = """
        [accounts.x]
        kind = "wecom_bot_url"
        token_file = "token"
        aes_key_env = "AES"
        [callbacks]
        host = "0.0.0.0"
        port = 9000
        public_url = "https://bot.example.cn/"
        """
    found = load(folder, text, AES="a" * 43)
    assert (found.callbacks.host, found.callbacks.port) == ("0.0.0.0", 9000)
    assert found.callbacks.public_url == "https://bot.example.cn"


def test_every_kind_is_described() -> None:
    assert set(KINDS) == set(ChannelKind)
    assert endpoint("[::1]:80") == ("::1", 80)
    assert endpoint("h:0") is None
    assert endpoint("h:99999") is None

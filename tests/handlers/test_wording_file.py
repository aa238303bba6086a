"""An operator's wording file: what is wrong with it is named with its line and what to do."""

from pathlib import Path

import pytest

from bot.wordings import checked, listed
from handlers.wording import WordingError, load_wording, shipped


def _file(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (
            '# mine\n\n[quiet]\nroom_onn = "来了。"\n',
            "第 4 行：「quiet.room_onn」",
            "不是已有的键，是不是想写「quiet.room_on」？",
        ),
        ('[zzz]\nqqq = "来了。"\n', "第 2 行：「zzz.qqq」", "不是已有的键，xiaoshao wording list 列出全部的键。"),
        (
            '[quiet]\nroom_off = "好的，{where}"\n',
            "第 2 行：「quiet.room_off」",
            "没有 {where} 这个变量，可用的：{room}。",
        ),
        ('[quiet]\nroom_off = "好的。"\n', "第 2 行：「quiet.room_off」", "少了变量 {room}，请放回句子里。"),
        (
            'quiet.room_off = "好的 {room:>9}"\n',
            "第 1 行：「quiet.room_off」",
            "的花括号里只能写名字，请去掉冒号和感叹号。",
        ),
        ('[quiet]\nroom_off = "好的 {room"\n', "第 2 行：「quiet.room_off」", "的花括号不成对，请照原句写成 {名字}。"),
        ('[quiet]\nroom_off = "{room.x}"\n', "第 2 行：「quiet.room_off」", "没有 {room.x} 这个变量，可用的：{room}。"),
        ("[quiet]\nroom_on = 3\n", "第 2 行：「quiet.room_on」", "后面要写引号里的一句话。"),
        ('[quiet]\nroom_on = " "\n', "第 2 行：「quiet.room_on」", "不能空着；不想改就删掉这一行。"),
        ('[quiet]\nroom_on = "来\\n了"\n', "第 2 行：「quiet.room_on」", "原来是一行，请不要换行。"),
        (
            f'[quiet]\nroom_on = "{"来" * 141}"\n',
            "第 2 行：「quiet.room_on」",
            "太长：141 个字，最多 140 个",
        ),
        (
            f'[refuse]\ngroup_only = "{"群" * 61}"\n',
            "第 2 行：「refuse.group_only」",
            "太长：61 个字，最多 60 个",
        ),
        ("[quiet\n", "第 1 行：", "格式不对"),
    ],
)
def test_what_is_wrong_is_named_and_the_file_is_not_used(tmp_path: Path, text: str, where: str, what: str) -> None:
    lines, usable = checked(_file(tmp_path, text))
    assert lines[0].startswith(f"✗ {where}{what}")
    assert not usable
    with pytest.raises(WordingError) as caught:
        load_wording(tmp_path / "own.toml")
    assert f"{where}{what}" in str(caught.value)


def test_everything_is_named_at_once(tmp_path: Path) -> None:
    own = _file(tmp_path, '[quiet]\na = "1"\nroom_off = "2"\n[ack]\nheard = 3\n')
    lines, _ = checked(own)
    assert [line.split("：")[0] for line in lines[:-1]] == ["✗ 第 2 行", "✗ 第 3 行", "✗ 第 5 行"]
    assert lines[-1] == "own.toml 有 3 处要改，改好再用。"
    with pytest.raises(WordingError) as caught:
        load_wording(own)
    assert len(str(caught.value).splitlines()) == 3


def test_a_stiff_word_is_only_advice(tmp_path: Path) -> None:
    own = _file(tmp_path, '[quiet]\nroom_on = "我已恢复，请知悉。"\n')
    assert checked(own) == (
        [
            "△ 第 2 行：「quiet.room_on」里的“请知悉”像公文或机器说的话，换成平常话更好。",
            "own.toml 可以用，改了 1 句。",
        ],
        True,
    )
    assert load_wording(own).say("quiet.room_on") == "我已恢复，请知悉。"


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    assert checked(tmp_path / "none.toml") == (["✗ 没有这个文件，请检查路径。"], False)
    (tmp_path / "gbk.toml").write_bytes('[quiet]\nroom_on = "来了"'.encode("gbk"))
    assert checked(tmp_path / "gbk.toml") == (["✗ 不是 UTF-8 编码，请另存为 UTF-8。"], False)


def test_the_shipped_sentences_pass_their_own_check_without_advice(tmp_path: Path) -> None:
    own = _file(tmp_path, "\n".join(listed(None, "")))
    lines, usable = checked(own)
    assert (lines, usable) == ([f"own.toml 可以用，改了 {len(shipped())} 句。"], True)


def test_the_list_shows_what_is_in_force(tmp_path: Path) -> None:
    own = _file(tmp_path, '[quiet]\nroom_on = "我又来了。"\n')
    assert listed(own, "quiet.room_on") == ["[quiet]", 'room_on = "我又来了。"']
    with pytest.raises(WordingError, match="nothing"):
        listed(None, "nothing")

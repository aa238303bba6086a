"""The documentation against the code: what is named exists, what exists is named, examples are real."""

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel
from sqlmodel import SQLModel
from transcript import run
from typer.main import get_command

from bot.cli import cli
from bot.settings import Settings
from handlers.commands import COMMANDS
from handlers.policy.pack import Policy
from models import schema
from models.codes import OutgoingState, RoomMode, Status, TicketKind
from models.states import TABLE, TERMS, Move
from nlp.understander import Understander

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
GUIDES = sorted(DOCS.glob("guide-*.md"))
PAGES = [*READMES, ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))

_BLOCK = re.compile(r"```transcript\n(.*?)```", re.DOTALL)
_FENCE = re.compile(r"```.*?```", re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_EDGE = re.compile(r"^    (\w+) --> (\w+): (\w+)$", re.MULTILINE)
_MACHINE_PATH = re.compile(r"(?<![\w.:/~-])/(?:home|root|work|tmp|Users|opt|mnt|srv)/[\w.-]+")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def generator() -> ModuleType:
    """scripts/docs.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_generator", ROOT / "scripts" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- what exists is named -----------------------------------------------------------------------


def test_the_guides_name_every_command() -> None:
    said = "\n".join(text_of(page) for page in [*GUIDES, DOCS / "operating.md"])
    assert [command.words[0] for command in COMMANDS if command.words[0] not in said] == []


def test_the_permission_table_has_every_command_and_spelling() -> None:
    page = text_of(DOCS / "permissions.md").replace("\\|", "|")
    assert [command.usage for command in COMMANDS if f"`{command.usage}`" not in page] == []
    assert [word for command in COMMANDS for word in command.words if word not in page] == []


def test_the_operating_guide_names_every_setting() -> None:
    page = text_of(DOCS / "operating.md")
    assert [field for field in Settings.model_fields if f"`{field.upper()}`" not in page] == []


def test_env_example_has_exactly_the_settings() -> None:
    lines = text_of(ROOT / ".env.example").splitlines()
    named = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert sorted(named) == sorted(field.upper() for field in Settings.model_fields)


def test_the_operating_guide_names_every_part_of_a_policy_pack() -> None:
    page = text_of(DOCS / "operating.md")
    assert [key for key in policy_keys() if f"`{key}`" not in page] == []


def policy_keys() -> list[str]:
    """Keys as a pack spells them: "name", "budget.room_per_hour", …"""
    keys = []
    for section, field in Policy.model_fields.items():
        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel) and section != "deadlines":
            keys += [f"{section}.{inner.alias or key}" for key, inner in part.model_fields.items()]
        else:
            keys.append(field.alias or section)
    return keys


def test_the_operating_guide_names_every_mode_of_a_room() -> None:
    page = text_of(DOCS / "operating.md")
    assert len(RoomMode) == len([mode for mode in ("关", "影子", "询问", "开") if f"**{mode}**" in page])


def test_the_architecture_names_every_table() -> None:
    page = text_of(DOCS / "architecture.md")
    assert schema.metadata() is SQLModel.metadata
    assert [table for table in SQLModel.metadata.tables if f"`{table}`" not in page] == []


def test_the_operating_guide_names_every_subcommand() -> None:
    page = text_of(DOCS / "operating.md")
    assert [sub for sub in subcommands() if f"xiaoshao {sub}" not in page] == []


def subcommands() -> set[str]:
    return set(getattr(get_command(cli), "commands", {}))


# -- what is named exists -----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b(?=[`\n ]*[`\n])", text_of(page))) <= targets


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_subcommand_that_is_named_exists(page: Path) -> None:
    assert set(re.findall(r"\bxiaoshao ([a-z]+)\b", text_of(page))) <= subcommands()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", text_of(page))):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{name(page)} links to {link}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    heads = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_module_that_is_named_exists(page: Path) -> None:
    paths = re.findall(
        r"`((?:bot|handlers|nlp|models|scripts|bench|tests)/[\w./-]+\.(?:py|toml|md|tsv|sh))`", text_of(page)
    )
    assert [path for path in paths if not (ROOT / path).exists()] == []


# -- examples and drawings are real -------------------------------------------------------------


EXAMPLES = [(page, number) for page in PAGES for number, _ in enumerate(_BLOCK.findall(text_of(page)))]


@pytest.mark.parametrize(("page", "number"), EXAMPLES, ids=[f"{name(page)}-{number + 1}" for page, number in EXAMPLES])
def test_examples_are_what_the_bot_answers(page: Path, number: int, understander: Understander, updating: bool) -> None:
    block = list(_BLOCK.finditer(text_of(page)))[number]
    played = play(block[1], understander)
    if updating:
        text = text_of(page)
        page.write_text(text[: block.start(1)] + played + text[block.end(1) :], encoding="utf-8")
        return
    assert played == block[1]


def play(block: str, understander: Understander) -> str:
    """The block with what the bot answers now; the ledger only where the block shows it."""
    whole = block if "---\n" in block else f"---\n{block}"
    played = run(whole, understander)
    if "---\n" not in block:
        played = played.removeprefix("---\n")
    if "\n= " not in block:
        played = "".join(f"{line}\n" for line in played.splitlines() if not line.startswith("= "))
    return played


def test_there_are_examples_for_everybody() -> None:
    shown = {page for page, _ in EXAMPLES}
    assert {*GUIDES, READMES[0]} <= shown


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_posts_stand_only_in_played_examples(page: Path) -> None:
    """A conversation that nobody plays would grow old unseen."""
    rest = _FENCE.sub("", _BLOCK.sub("", text_of(page)))
    assert not re.search(r"^→ ", rest, re.MULTILINE)


def test_the_drawings_have_exactly_the_moves_of_the_table() -> None:
    page = text_of(DOCS / "architecture.md")
    drawings = re.findall(r"```mermaid\n(stateDiagram-v2.*?)```", page, re.DOTALL)
    assert len(drawings) == len(TicketKind) + 1  # the last one is that of a post
    for kind, drawn in zip(TicketKind, drawings[:-1], strict=True):
        edges = {(Status(before), Move(move), Status(after)) for before, after, move in _EDGE.findall(drawn)}
        assert edges == {(before, move, after) for (before, move), after in TABLE[kind].items()}
        assert f"[*] --> {TERMS[kind].first}" in drawn


def test_the_drawing_of_a_post_has_every_state() -> None:
    page = text_of(DOCS / "architecture.md")
    drawn = re.findall(r"```mermaid\n(stateDiagram-v2.*?)```", page, re.DOTALL)[-1]
    ends = {end for edge in re.findall(r"(\w+|\[\*\]) --> (\w+|\[\*\])", drawn) for end in edge}
    assert ends - {"[*]"} == set(OutgoingState)


def test_every_move_says_what_causes_it() -> None:
    assert set(generator().CAUSES) == set(Move)


def test_generated_pages_are_fresh() -> None:
    assert [name(page) for page in generator().stale_pages()] == [], "run make docs"


# -- form ---------------------------------------------------------------------------------------


def test_decisions_are_numbered_and_short() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_says_why_what_and_what_follows(page: Path) -> None:
    text = text_of(page)
    assert text.startswith(f"# {page.name[:4]} ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 60


def test_the_changelog_keeps_its_form() -> None:
    text = text_of(ROOT / "CHANGELOG.md")
    assert "## [Unreleased]" in text
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# -- nothing of the machine on which it was written ---------------------------------------------


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.fail("this test reads what git tracks: run it in a git checkout")
    return [ROOT / path for path in listed.stdout.decode().split("\0") if path and (ROOT / path).is_file()]


def test_no_file_names_a_path_of_some_machine() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name(path)}: {hit}" for hit in _MACHINE_PATH.findall(text)]
    assert found == []


@pytest.mark.parametrize("lock", sorted(ROOT.glob("*.lock")), ids=name)
def test_locks_hold_hashes_and_no_addresses(lock: Path) -> None:
    text = text_of(lock)
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|--trusted-host|file:", text)
    pinned = re.findall(r"^[A-Za-z0-9][\w.\[\]-]*==", text, re.MULTILINE)
    assert pinned
    assert text.count("--hash=sha256:") >= len(pinned)

"""Import passes of conversations written as text (see corpus/talks/README.md) into corpus/talks/<pass>.jsonl.

Usage: python -m nlp.talks_import FOLDER. Running it again gives the same files. A pass with an error is not written.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from nlp.talks import TALKS, split_of
from nlp.taxonomy import Taxonomy

_QUOTE = re.compile(r" >(m\d+)$")
_PIN = re.compile(r"\[位置:([^\]]+)\]")
_PICTURE = "[图]"


class TalkError(Exception):
    """A line that is not as the format wants it. str() says what is wrong."""


def import_pass(path: Path, taxonomy: Taxonomy) -> tuple[list[dict[str, Any]], list[str]]:
    """The conversations of one pass, and a sentence for each line that is wrong."""
    talks: list[dict[str, Any]] = []
    errors: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            if line.startswith("= "):
                talks.append(_talk(path.stem, line))
            elif not talks:
                raise TalkError("no conversation has begun")
            elif line[0] in "TW":
                talks[-1]["tickets"].append(_ticket(talks[-1], line, taxonomy))
            else:
                talks[-1]["messages"].append(_message(talks[-1], line))
        except TalkError as error:
            errors.append(f"{path.name}:{number}: {error}")
    return talks, errors


def _talk(voice: str, line: str) -> dict[str, Any]:
    name, _, about = line[2:].partition(" ")
    if not name.startswith(f"{voice}-"):
        raise TalkError(f"{name} is not of the pass {voice}")
    return {"id": name, "pass": voice, "split": split_of(voice), "about": about.strip(), "messages": [], "tickets": []}


def _message(talk: dict[str, Any], line: str) -> dict[str, Any]:
    """id|sender|seconds|text, the text with [图], [位置:…] and at its end the quoted id."""
    fields = line.split("|")
    if len(fields) != 4 or not fields[2].isdigit():
        raise TalkError("not id, sender, seconds, text")
    name, sender, at, text = (field.strip() for field in fields)
    known = {message["id"]: message for message in talk["messages"]}
    quote = _QUOTE.search(text)
    pin = _PIN.search(text)
    if name in known or (quote is not None and quote[1] not in known):
        raise TalkError("the id is there already, or it quotes what was not said")
    if talk["messages"] and int(at) < talk["messages"][-1]["at_seconds"]:
        raise TalkError("time goes back")
    return {
        "id": name,
        "sender": sender,
        "at_seconds": int(at),
        "text": _PIN.sub("", _QUOTE.sub("", text).replace(_PICTURE, "")).strip(),
        "pictures": text.count(_PICTURE),
        "place": None if pin is None else pin[1],
        "quote": None if quote is None else quote[1],
    }


def _ticket(talk: dict[str, Any], line: str, taxonomy: Taxonomy) -> dict[str, Any]:
    """T|kind|category|place|ids|requesters; W for one that is taken back."""
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != 6 or fields[2] not in taxonomy or str(taxonomy.kind(fields[2])) != fields[1]:
        raise TalkError("not T or W, kind, its category, place, ids, requesters")
    messages, requesters = fields[4].split(","), fields[5].split(",")
    order = [message["id"] for message in talk["messages"]]
    if any(name not in order for name in messages) or messages != sorted(set(messages), key=order.index):
        raise TalkError("ids are unknown, twice or out of order")
    senders = {message["sender"] for message in talk["messages"] if message["id"] in messages}
    if not set(requesters) <= senders:
        raise TalkError("a requester who said nothing of it")
    return {
        "kind": fields[1],
        "category": fields[2],
        "place": None if fields[3] in ("-", "") else fields[3],
        "messages": messages,
        "requesters": requesters,
        "withdrawn": fields[0] == "W",
    }


def main(folder: str) -> int:
    """Import every *.txt of folder; returns the exit status."""
    taxonomy = Taxonomy.load()
    TALKS.mkdir(parents=True, exist_ok=True)
    total = failed = 0
    for path in sorted(Path(folder).glob("[A-Z]*.txt")):
        talks, errors = import_pass(path, taxonomy)
        if errors:
            print("\n".join(errors))
            failed += 1
            continue
        lines = (json.dumps(talk, ensure_ascii=False) for talk in talks)
        (TALKS / f"{path.stem}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        total += len(talks)
    print(f"{total} conversations")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m nlp.talks_import FOLDER")
    sys.exit(main(sys.argv[1]))

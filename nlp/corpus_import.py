"""Import passes written as TSV (code, tags, place, text; no header) into corpus/<pass>.jsonl.

Usage: python -m nlp.corpus_import FOLDER. Running it again gives the same files.
"""

import json
import sys
from pathlib import Path

from nlp.corpus_files import CORPUS
from nlp.taxonomy import Taxonomy

TAGS = frozenset("heukio")


def import_pass(path: Path, taxonomy: Taxonomy) -> tuple[list[dict[str, object]], list[str]]:
    """The rows of one pass and a sentence for each line that was left out."""
    rows: list[dict[str, object]] = []
    errors: list[str] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 4 or fields[0] not in taxonomy or not fields[3].strip():
            errors.append(f"{path.name}:{number}: not code, tags, place, text")
            continue
        code, tags, place, text = (field.strip() for field in fields)
        if text in seen:
            errors.append(f"{path.name}:{number}: text twice")
            continue
        seen.add(text)
        rows.append(
            {
                "id": f"{path.stem}-{number:03d}",
                "pass": path.stem,
                "text": text,
                "kind": str(taxonomy.kind(code)),
                "category": code,
                "place": None if place in ("-", "") else place,
                "tags": "".join(sorted(set(tags) & TAGS)),
            }
        )
    return rows, errors


def main(folder: str) -> int:
    """Import every *.tsv of folder; returns the exit status."""
    taxonomy = Taxonomy.load()
    CORPUS.mkdir(exist_ok=True)
    total = 0
    for path in sorted(Path(folder).glob("[A-Z]*.tsv")):
        rows, errors = import_pass(path, taxonomy)
        print("\n".join(errors), end="\n" if errors else "")
        lines = (json.dumps(row, ensure_ascii=False) for row in rows)
        (CORPUS / f"{path.stem}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        total += len(rows)
    print(f"{total} lines")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m nlp.corpus_import FOLDER")
    sys.exit(main(sys.argv[1]))

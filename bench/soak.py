"""Any commands by anybody, for as long as one likes: python -m bench.soak --examples 500 [--first 0] [--shrink].

Plays sequences of 200 random lines in a small village (tests/village.py) and looks whether what must hold does
(tests/invariants.py). A sequence is its seed, so that it is the same at every run. With --shrink the lines of what
failed are made as few as still fail; --replay FILE plays such lines again.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from nlp.understander import Understander

TESTS = Path(__file__).parents[1] / "tests"
LENGTH = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=20, help="how many sequences")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first one")
    parser.add_argument("--length", type=int, default=LENGTH, help="lines of a sequence")
    parser.add_argument("--shrink", action="store_true", help="make the lines of what failed as few as still fail")
    parser.add_argument("--replay", type=Path, help="play the lines of this file instead")
    options = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    understander = Understander.load()
    if options.replay is not None:
        sys.exit(replayed(understander, options.replay.read_text(encoding="utf-8").splitlines(), options.shrink))
    failed = sum(
        not sequence(understander, seed, options.length, options.shrink)
        for seed in range(options.first, options.first + options.examples)
    )
    print(f"{options.examples} sequences of {options.length} lines, {failed} of them broke something")
    sys.exit(1 if failed else 0)


def sequence(understander: Understander, seed: int, length: int, shrink: bool) -> bool:
    """Play one sequence; whether everything held."""
    from saying import ByRandom
    from village import Failure, Village, play

    village, began = Village(understander), time.monotonic()
    try:
        play(village, ByRandom(Random(seed)), length)
    except Failure as failure:
        print(f"seed {seed}, line {len(failure.lines)}:")
        print(*failure.broken, sep="\n")
        lines = fewer(understander, failure.lines, _rules(failure.broken)) if shrink else failure.lines
        print("---", *lines, sep="\n", flush=True)
        return False
    finally:
        village.close()
    print(f"seed {seed}: {time.monotonic() - began:.1f} s", flush=True)
    return True


def replayed(understander: Understander, lines: Sequence[str], shrink: bool) -> int:
    """Play the lines of a file, what stands above a line of --- left out; 1 when something does not hold."""
    from village import replay

    begin = next((place + 1 for place, line in enumerate(lines) if line.startswith("---")), 0)
    own = [line for line in lines[begin:] if line.strip()]
    failure = replay(understander, own)
    if failure is None:
        print("everything holds")
        return 0
    if shrink:
        own = fewer(understander, failure.lines, _rules(failure.broken))
        failure = replay(understander, own) or failure
    print(failure)
    return 1


def fewer(understander: Understander, lines: Sequence[str], rules: set[str]) -> list[str]:
    """Lines without any part that is not needed to break one of the same rules."""
    from village import replay

    def breaks(some: Sequence[str]) -> bool:
        failure = replay(understander, some)
        return failure is not None and bool(_rules(failure.broken) & rules)

    kept, size = list(lines), max(1, len(lines) // 2)
    while True:
        place = 0
        while place < len(kept):
            without = kept[:place] + kept[place + size :]
            if breaks(without):
                kept = without
            else:
                place += size
        if size == 1:
            return kept
        size = max(1, size // 2)


def _rules(broken: Sequence[str]) -> set[str]:
    return {line.partition(":")[0] for line in broken}


if __name__ == "__main__":
    main()

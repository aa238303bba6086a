"""How fast the ear is, and what it bears: python -m bench.ear [FOLDER OF PUBLIC TEXT] [--smoke].

One run prints, beside raw `jieba.lcut` on the same messages: `understand` on chat of the own corpus (half of whose
none lines are hard) and on ordinary public chat, 97 % of each chatter; long messages; start-up and memory against
the bare interpreter; and 100,000 random messages of every sort of rubbish with the slowest of them.
"""

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nlp.corpus_files import read_corpus
from nlp.public_text import TRAINABLE, Part, read_public
from nlp.segment import Segmenter
from nlp.understander import Understander

SHARE = 0.03  # of the messages that matter
ROUNDS = 3
HIDDEN = ("\u200b", "\u202e", "\ufeff", "\u2066", "\0", "\ud800", "\udfff", "\n", "\t", " ", "\U0001f600")
MARKUP = (
    "<b>",
    "</",
    "&lt;",
    "「",
    "」\n- - - -\n",
    "@小哨 ",
    "@所有人 ",
    "[捂脸]",
    "https://x.cn/",
    "%s",
    "{}",
    "\\",
    "'",
    "#12",
)
LONG = 500
MEMORY = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))"
LOAD = (
    "from nlp.understander import Understander; from nlp.pairing import Pairing;"
    "ear, threading = Understander.load(), Pairing.load(); ear.understand('路灯坏了');"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="public text, one JSON object a line")
    parser.add_argument("--smoke", action="store_true", help="few messages, to see that it works")
    options = parser.parse_args()
    count, rubbish = (300, 500) if options.smoke else (20_000, 100_000)
    ear, cut = Understander.load(), Segmenter(reference=True)
    lines = list(read_corpus())
    needs = [line.text for line in lines if line.matters]
    sorts = {"own none lines, half of them hard": [line.text for line in lines if not line.matters]}
    if options.folder is not None and (public := read_public(options.folder, Part.ALL, TRAINABLE)):
        sorts["ordinary public chat"] = public
    print("| 97 % chatter | characters | jieba a second | understand a second | ratio |\n|:--|--:|--:|--:|--:|")
    for name, chatter in sorts.items():
        texts = mixed(chatter, needs, count)
        jieba, heard = best(texts, cut), best(texts, ear.understand)
        length = sum(map(len, texts)) / len(texts)
        print(f"| {name} | {length:.1f} | {jieba:,.0f} | {heard:,.0f} | {heard / jieba:.2f} |")
    print_long(ear, needs)
    print_start()
    print_rubbish(ear, rubbish)


def mixed(chatter: Sequence[str], needs: Sequence[str], count: int) -> list[str]:
    """Messages of a room: always the same ones."""
    chance = random.Random(1)
    return [chance.choice(needs if chance.random() < SHARE else chatter) for _ in range(count)]


def best(texts: Sequence[str], work: Callable[[str], object]) -> float:
    """Texts a second in the fastest of a few rounds: other work on the machine only ever slows."""
    rates = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for text in texts:
            work(text)
        rates.append(len(texts) / (time.perf_counter() - started))
    return max(rates)


def print_long(ear: Understander, needs: Sequence[str]) -> None:
    """Messages of 500 characters: one complaint told at length, and needs of many sorts in a row."""
    chance = random.Random(2)
    told = {
        "one matter": "昨天夜里三栋二单元楼道的灯又坏了，老人下楼看不见路，物业说明天来修，" * 20,
        "many matters": "，".join(chance.choices(needs, k=60)),
        "no words": "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(LONG)),
    }
    print(f"\n{LONG} characters, milliseconds (best of 30)")
    for name, text in told.items():
        spent = []
        for _ in range(30):
            started = time.perf_counter()
            ear.understand(text[:LONG])
            spent.append(time.perf_counter() - started)
        print(f"  {name}: {1000 * min(spent):.1f}")


def print_start() -> None:
    """Seconds and memory of a new process that loads the ear, beside one that does nothing."""
    started = time.perf_counter()
    bare = int(subprocess.check_output([sys.executable, "-c", MEMORY]))
    middle = time.perf_counter()
    loaded = int(subprocess.check_output([sys.executable, "-c", LOAD + MEMORY]))
    ended = time.perf_counter()
    print(f"\nstart-up {ended - middle - (middle - started):.2f} s, memory {(loaded - bare) / 1024:.0f} MB above bare")


def print_rubbish(ear: Understander, count: int) -> None:
    """Random messages: none may raise; the slowest, and a text of 1 MB."""
    slowest, heard = 0.0, 0
    for text in rubbish(count):
        started = time.perf_counter()
        heard += ear.understand(text).band != "ignore"
        slowest = max(slowest, time.perf_counter() - started)
    started = time.perf_counter()
    ear.understand("漏水了快来人" * 180_000)
    million = time.perf_counter() - started
    print(
        f"\n{count} random messages: none failed, {heard} were taken for a matter, the slowest {1000 * slowest:.0f} ms"
    )
    print(f"1 MB of text: {1000 * million:.0f} ms")


def rubbish(count: int) -> Iterator[str]:
    """Pieces of real lines, planes of Unicode, marks and markup, in any order; always the same ones."""
    chance = random.Random(3)
    pieces = [line.text for line in read_corpus(splits=("dev",))][:500]
    for _ in range(count):
        made = []
        for _ in range(chance.randrange(8)):
            sort = chance.randrange(4)
            if sort == 0:
                made.append(chance.choice(HIDDEN + MARKUP))
            elif sort == 1:
                made.append("".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(12))))
            elif sort == 2:
                text = chance.choice(pieces)
                start = chance.randrange(len(text))
                made.append(text[start : start + chance.randrange(1, 20)])
            else:
                made.append(chance.choice(("漏", "啊", "1", "!", "。", "救", "x")) * chance.randrange(1, 60))
        yield "".join(made)


if __name__ == "__main__":
    main()

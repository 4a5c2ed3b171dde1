"""Labels mined from captions by seed words: weak, since a caption may leave out, or invent, what a video shows.

After Ghadiyaram et al., arXiv:1905.00561, whose hashtags are the words of a label joined in any usual way.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from kinema.data.clips import ClipTable
from kinema.data.formats.entries import Entry, build_table
from kinema.data.formats.table_csv import clip_row, merge, read_sheet
from kinema.data.formats.text import read_lines
from kinema.data.labels import check_distinct, label_key
from kinema.errors import DataError, counted, nearest

ARTICLES = frozenset({"a", "an", "the"})  # left out of captions and of labels
VOWELS = "aeiou"
SHORTEST = 3  # letters that are left of a word without its ending
VIDEO = ("video", "path")  # what the column of the videos may be called

Forms = frozenset[str]
Phrase = tuple[Forms, ...]


@dataclass(frozen=True)
class Seed:
    """A label and the phrases that stand for it in captions, its own name the first."""

    label: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Mined:
    """Videos with their mined labels, and how many `videos` had a caption at all.

    `counts`: in how many of them each seed was found, also where that was too seldom to be kept (below `least`).
    """

    table: ClipTable
    videos: int
    counts: dict[str, int]
    least: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        labels = sum(len(row.labels) for row in self.table.rows)
        return {"videos": self.videos, "labelled": len(self.table), "coverage": len(self.table) / self.videos,
                "labels_a_video": labels / max(len(self.table), 1), "least": self.least,
                "kept": self.table.counts(),
                "dropped": {name: count for name, count in self.counts.items() if name not in self.table.labels}}

    def to_text(self) -> str:
        """What was found, in words."""
        facts = self.to_dict()
        lines = [f"{facts['labelled']} of {self.videos} videos have a label ({facts['coverage']:.1%}), "
                 f"{facts['labels_a_video']:.2f} each; {counted(len(facts['kept']), 'label')} found in "
                 f"{counted(self.least, 'video')} or more."]
        lines += [f"{count:8d}  {name}" for name, count in sorted(facts["kept"].items(), key=lambda one: -one[1])]
        if facts["dropped"]:
            lines.append("Left out: " + ", ".join(f"{name} ({count})" for name, count in facts["dropped"].items()))
        return "\n".join(lines)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters; what is no letter or digit parts them, and articles are left out."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return [word for word in words if word not in ARTICLES]


def forms(word: str) -> Forms:
    """The word itself, its plural (or third person) in -s or -es, and its form in -ing; of each the others too.

    Spelling follows a rule alone: party, parties; wave, waving; sit, sitting; lie, lying. Made forms that are no words
    (sites of sit) do no harm but where they are another one's.
    """
    found = {word}
    for base in bases(word):
        ends_in_y = base.endswith("y") and base[-2:-1] not in VOWELS
        stem = base[:-1] if base.endswith("e") and not base.endswith("ee") else base
        stem = base[:-2] + "y" if base.endswith("ie") else stem
        found |= {base, base + "s", base + "es", stem + "ing"} | ({base[:-1] + "ies"} if ends_in_y else set())
        if len(base) >= SHORTEST and base[-1] not in VOWELS + "wxy" and base[-2] in VOWELS:
            found.add(base + base[-1] + "ing")
    return frozenset(found)


def bases(word: str) -> set[str]:
    """The words of which this one may be a plural or a form in -ing, itself among them."""
    found = {word}
    if word.endswith("s") and not word.endswith("ss"):
        found |= {word[:-1]} | ({word[:-2]} if word.endswith("es") else set())
        found |= {word[:-3] + "y"} if word.endswith("ies") else set()
    if word.endswith("ing"):
        stem = word[:-3]
        found |= {stem, stem + "e"} | ({stem[:-1]} if stem[-1:] == stem[-2:-1] else set())
        found |= {stem[:-1] + "ie"} if stem.endswith("y") else set()
    return {base for base in found if base == word or len(base) >= SHORTEST}


def read_seeds(path: str | Path) -> tuple[Seed, ...]:
    """The seeds of a text file: a label a line, after a colon other phrases for it ("sit down: sat down, take a seat").

    Lines that begin with # are left out. DataError: no label, one without a word, one twice, or one with a semicolon.
    """
    seeds = []
    for number, line in read_lines(Path(path)):
        if line.startswith("#"):
            continue
        label, _, others = line.partition(":")
        phrases = (label.strip(), *(phrase.strip() for phrase in others.split(",") if phrase.strip()))
        wordless = next((phrase for phrase in phrases if not words_of(phrase)), None)
        if wordless is not None or ";" in label:
            raise DataError(f"{path} line {number}: {wordless if wordless is not None else label!r} is no label; "
                            "expected words, such as 'sit down' or 'sit down: sat down, take a seat'.")
        seeds.append(Seed(phrases[0], phrases))
    if not seeds:
        raise DataError(f"{path}: holds no words. Expected a label a line, such as 'sit down'.")
    check_distinct(seed.label for seed in seeds)
    return tuple(seeds)


class Vocabulary:
    """Finds seeds in captions: all the words of a phrase in a row, in any of their `forms`, or written as one word.

    So "#SittingDown", "sits down" and "sit down" all are "sit down"; "sit" alone is not, and "sitter" is no "sit". As
    one word an article may stand between: #catchingafish.
    """

    def __init__(self, seeds: Sequence[Seed]) -> None:
        self.by_first: dict[str, list[tuple[int, Phrase]]] = defaultdict(list)
        self.joined: dict[str, list[tuple[int, re.Pattern[str]]]] = defaultdict(list)  # by their first letter
        for number, seed in enumerate(seeds):
            for phrase in seed.phrases:
                words: Phrase = tuple(forms(word) for word in words_of(phrase))
                for first in words[0]:
                    self.by_first[first].append((number, words))
                if len(words) > 1:
                    pattern = as_one_word(words)
                    for letter in {form[0] for form in words[0]}:
                        self.joined[letter].append((number, pattern))

    def find(self, caption: str) -> set[int]:
        """The numbers of the seeds that a caption names."""
        words, found = words_of(caption), set[int]()
        for place, word in enumerate(words):
            found |= self.in_one_word(word)
            for number, phrase in self.by_first.get(word, ()):
                following = words[place : place + len(phrase)]
                if len(following) == len(phrase) and all(map(Forms.__contains__, phrase, following)):
                    found.add(number)
        return found

    @lru_cache(maxsize=100_000)  # noqa: B019 (as long as the vocabulary)
    def in_one_word(self, word: str) -> frozenset[int]:
        """The numbers of the seeds that a word is all the words of."""
        return frozenset(number for number, pattern in self.joined.get(word[0], ())
                         if pattern.fullmatch(word))


def as_one_word(phrase: Phrase) -> re.Pattern[str]:
    """What the words of a phrase are, in any of their forms, without a space; articles may stand between them."""
    words = ("|".join(map(re.escape, sorted(forms, key=len, reverse=True))) for forms in phrase)
    return re.compile(f"(?:{'|'.join(sorted(ARTICLES))})?".join(f"(?:{word})" for word in words))


def mine(captions: str | Path, seeds: Sequence[Seed], least: int = 1, root: str | Path | None = None) -> Mined:
    """The videos of a csv with the columns video (or path) and caption, each with the labels that its captions name.

    A video on several rows has the labels of all of them; one without a label is left out, and so is a label that fewer
    than `least` videos have. Columns start, end, split, source and fold are as in other lists. DataError: a column is
    missing, or no label is found at all.
    """
    place = Path(captions)
    sheet = read_sheet(place, ["caption"])
    video = next((name for name in VIDEO if name in sheet.columns), None)
    if video is None:
        raise DataError(f"{place}: no column is called 'video' or 'path'. Found: {', '.join(sheet.columns)}."
                        f"{nearest('video', sheet.columns)}")
    folder, vocabulary = place.parent if root is None else Path(root), Vocabulary(seeds)
    entries = []
    for number, cells in sheet.records:
        where = f"{place} row {number}"
        row = clip_row({**cells, "path": cells[video]}, folder, where)
        names = tuple(seeds[found].label for found in sorted(vocabulary.find(cells["caption"])))
        entries.append(Entry(row, names, where))
    entries, _ = merge(entries)
    return kept(entries, seeds, least, folder, place)


def kept(entries: Sequence[Entry], seeds: Sequence[Seed], least: int, root: Path, place: Path) -> Mined:
    """The table of the videos with a label that is frequent enough."""
    counts = count((name for entry in entries for name in entry.names), seeds)
    labels = tuple(name for name, videos in counts.items() if videos >= max(least, 1))
    if not labels:
        raise DataError(f"{place}: none of the {len(seeds)} labels, such as {seeds[0].label!r}, is named by the "
                        f"captions of {max(least, 1)} of its {len(entries)} videos.")
    chosen = {label_key(name) for name in labels}
    trimmed = [Entry(entry.row, tuple(name for name in entry.names if label_key(name) in chosen), entry.where)
               for entry in entries]
    table = build_table([entry for entry in trimmed if entry.names], labels, root, multi_label=True)
    return Mined(table, len(entries), counts, max(least, 1))


def count(names: Iterable[str], seeds: Sequence[Seed]) -> dict[str, int]:
    """How often each seed's label comes, in the order of the seeds."""
    counts = {seed.label: 0 for seed in seeds}
    for name in names:
        counts[name] += 1
    return counts

"""Made-up footage with noisy captions, for benchmarks/pretrain.py: what is filmed is known, what is said of it is weak.

A caption names its clip's action unless it leaves it out (MISSING) or names another one instead (WRONG); by EXTRA it
names one more, at random; and it ends in two words of chatter that say nothing. Every draw depends on the seed and the
clip's name alone.
"""

import csv
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice, product
from pathlib import Path

import numpy as np

from kinema import open_video, read_table
from kinema.data.captions import mine, read_seeds
from kinema.data.synthetic import KINDS, make, synthetic_spec
from kinema.data.synthetic.encode import write_mp4
from kinema.keyed import key_seed

MISSING, WRONG, EXTRA = 0.2, 0.15, 0.3
FRAMES, SIDE, FPS = 18, 40, 6.0  # of a clip: three seconds
POOL, TARGET = 1200, 1080  # clips to pre-train on, and of the target's set
SHARE = 0.1  # of the target's training side that is fine-tuned on
PHRASES = {  # how people say it; the first is the label
    "stand": ("stand still", "stand around"), "sit_down": ("sit down", "take a seat"), "pick_up": ("pick up", "lift"),
    "wave": ("wave", "greet"), "walk": ("walk", "stroll"), "lie_down": ("lie down", "rest"),
    "collapse": ("collapse", "fall"), "stand_up": ("stand up", "rise"), "put_down": ("put down", "drop"),
    "right": ("move right",), "left": ("move left",), "down": ("move down",), "up": ("move up",), "grow": ("grow",),
    "shrink": ("shrink",), "clockwise": ("turn clockwise",), "counterclockwise": ("turn counterclockwise",),
    "appear": ("appear",), "vanish": ("vanish",), "open": ("open",), "close": ("close",),
}
WAYS = ("how to {}", "watch this person {} at home", "they {0}s", "#{1}", "my friends love to {} - so funny #{1}")
CHATTER = 216  # words that say nothing
ACTIONS, MOTIONS = KINDS["figures"].labels, KINDS["motion"].labels


@cache
def chatter() -> tuple[str, ...]:
    """Words that say nothing."""
    return tuple(map("".join, islice(product(("ba", "ko", "mu", "ti", "re", "so"), repeat=3), CHATTER)))


def made(work: Path, kind: str, seed: int) -> Path:
    """A made-up set; seed 0 of figures is the target, all others are to pre-train on."""
    target = kind == "figures" and seed == 0
    spec = synthetic_spec(kind, clips=TARGET if target else POOL, frames=FRAMES, height=SIDE, width=SIDE, fps=FPS,
                          seed=seed, test_fraction=0.2 if target else 0.0)
    return make(spec, work / f"{kind}-{seed}")


def caption(action: str, others: Sequence[str], *key: int | str) -> str:
    """What somebody wrote beside a clip of an action."""
    draw = np.random.default_rng(key_seed("caption", *key))
    chance = draw.random()
    named = [] if chance < MISSING else [draw.choice(others) if chance < MISSING + WRONG else action]
    named += [draw.choice(others)] if draw.random() < EXTRA else []
    said = []
    for name in named:
        phrase = draw.choice(PHRASES[name])
        first, _, rest = phrase.partition(" ")
        said.append(draw.choice(WAYS).replace("{0}s", f"{first}s {rest}").replace("{1}", phrase.replace(" ", ""))
                    .replace("{}", phrase))
    return ", ".join([*said, *draw.choice(chatter(), 2, replace=False)])


def captions(work: Path, clips: Iterable[tuple[Path, str, Sequence[str]]], name: str, seed: int) -> Path:
    """A list of videos and captions: one for each video, its clip's action, and the actions that may be confused.

    The first video alone is on the list's test side, so that all others are trained on.
    """
    path = work / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["video", "caption", "split"])
        for index, (video, action, others) in enumerate(clips):
            said = "; ".join(caption(each, others, seed, video.name, number)
                             for number, each in enumerate(action.split("+")))
            writer.writerow([video.absolute(), said, "train" if index else "test"])
    return path


def pool(work: Path, kind: str) -> list[tuple[Path, str, Sequence[str]]]:
    """The clips of a kind to pre-train on, in the order of their sources, so that any first part has all classes."""
    folder, labels = made(work, kind, 1), KINDS[kind].labels
    return [(folder / row.path, labels[row.labels[0]], labels) for row in read_table(folder, labels=labels).rows]


def joined(work: Path, pieces: int) -> list[tuple[Path, str, Sequence[str]]]:
    """The same minutes of figures as longer videos, of so many clips one after the other."""
    clips = pool(work, "figures")
    order = np.random.default_rng(key_seed("joined", pieces)).permutation(len(clips))
    folder, found = work / f"joined-{pieces}", []
    folder.mkdir(exist_ok=True)
    for number in range(len(clips) // pieces):
        parts = [clips[index] for index in order[number * pieces : (number + 1) * pieces]]
        video = folder / f"{number:04d}.mp4"
        if not video.is_file():
            write_mp4(video, np.concatenate([frames_of(path) for path, _, _ in parts]), FPS)
        found.append((video, "+".join(action for _, action, _ in parts), ACTIONS))
    return found


def frames_of(path: Path) -> np.ndarray:
    """All frames of a video."""
    with open_video(path) as video:
        return video.read(range(len(video)))


def weak_list(
    work: Path, name: str, seed: int, clips: list[tuple[Path, str, Sequence[str]]], words: Sequence[str]
) -> Path:
    """Mine labels from the clips' captions by words; the list to train on."""
    folder = work / "lists"
    folder.mkdir(exist_ok=True)
    named = [f"{PHRASES[word][0]}: {', '.join(PHRASES[word][1:])}" if word in PHRASES else word for word in words]
    (folder / f"{name}-{seed}.words.txt").write_text("\n".join(named) + "\n", encoding="utf-8")
    seeds = read_seeds(folder / f"{name}-{seed}.words.txt")
    mined = mine(captions(folder, clips, f"{name}-{seed}.captions", seed), seeds)
    (folder / f"{name}-{seed}.txt").write_text(mined.to_text(), encoding="utf-8")
    return mined.table.save(folder / f"{name}-{seed}.csv")


def few(work: Path, seed: int, judged: str = "test") -> Path:
    """A tenth of the target's training clips, another one for each seed, and its test clips.

    Or, `judged` "rest": in their place the training clips that are left, for choices that must not see the test.
    """
    folder = made(work, "figures", 0)
    rows = [(row.path, ACTIONS[row.labels[0]], row.source, row.split) for row in
            read_table(folder, labels=ACTIONS).rows]
    train = [row for row in rows if row[3] == "train"]
    order = np.random.default_rng(key_seed("few", seed)).permutation(len(train))
    share = round(SHARE * len(train))
    chosen = [train[index] for index in order[:share]]
    sources = {row[2] for row in chosen}
    kept = [row for row in rows if row[3] == "test"] if judged == "test" else [
        (*row[:3], "test") for row in train if row[2] not in sources]
    path = work / f"few-{judged}-{seed}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "source", "split"])
        writer.writerows([str((folder / row[0]).absolute()), *row[1:]] for row in [*chosen, *kept])
    return path

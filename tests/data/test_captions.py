"""Labels mined from captions: whole words in their forms, phrases, hashtags, counts."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.data.captions import Seed, Vocabulary, forms, mine, read_seeds
from kinema.data.clips import read_table
from kinema.errors import DataError
from tests.cli.test_cli import kinema

SEEDS = (
    Seed("sit down", ("sit down", "take a seat")), Seed("wave", ("wave",)), Seed("lie", ("lie",)),
    Seed("catching a fish", ("catching a fish",)), Seed("party", ("party",)),
)
VOCABULARY = Vocabulary(SEEDS)
FOUND = {
    "He sits down, slowly.": {"sit down"},
    "#SittingDown with friends": {"sit down"},
    "she takes the seat": {"sit down"},
    "sit here": set(),
    "a sitter down there": set(),
    "down sit": set(),
    "WAVING at all the waves": {"wave"},
    "wavelength": set(),
    "lying on grass, then waves": {"lie", "wave"},
    "how to catch fish": {"catching a fish"},
    "catches fishes": {"catching a fish"},
    "#catchingafish #lake": {"catching a fish"},
    "#catchingfish": {"catching a fish"},
    "Two parties; one PARTY": {"party"},
    "sit-down": {"sit down"},
    "": set(),
}


@pytest.mark.parametrize(("caption", "labels"), FOUND.items())
def test_a_caption_names_labels_by_whole_words(caption: str, labels: set[str]) -> None:
    assert {SEEDS[number].label for number in VOCABULARY.find(caption)} == labels


def test_long_phrases_are_found_as_hashtags_too() -> None:
    seeds = [Seed("running up stairs", ("running up stairs",)), Seed("put", ("putting something on top of a box",))]
    vocabulary = Vocabulary(seeds)
    assert vocabulary.find("#runsupthestair") == {0}
    assert vocabulary.find("look #putsomethingontopofbox") == {1}
    assert vocabulary.find("#runningupstairsagain #putting") == set()


@pytest.mark.parametrize(("word", "others"), [
    ("sit", {"sits", "sitting"}), ("wave", {"waves", "waving"}), ("lie", {"lies", "lying"}),
    ("box", {"boxes", "boxing"}), ("party", {"parties", "partying"}), ("see", {"sees", "seeing"})])
def test_a_word_and_its_forms_mean_each_other(word: str, others: set[str]) -> None:
    assert others < forms(word)
    assert all(word in forms(other) for other in others)


def test_an_ending_is_no_ending_of_a_short_word() -> None:
    assert "clas" not in forms("class")
    assert "k" not in forms("king")


@pytest.mark.slow
@settings(max_examples=40)
@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(SEEDS), st.sampled_from(" \n,#\u00a0"))
def test_wild_captions_name_what_is_put_into_them(before: str, after: str, seed: Seed, space: str) -> None:
    assert SEEDS.index(seed) in VOCABULARY.find(f"{before}{space}{seed.label.upper()}{space}{after}")


@settings(max_examples=40)
@given(st.text("0123456789 \n.,;#@\u0430\u0431\u4e2d\u6587", max_size=80))
def test_captions_without_the_words_name_nothing(caption: str) -> None:
    assert VOCABULARY.find(caption) == set()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}\.mp4", fullmatch=True), st.text(max_size=60)), min_size=1,
                max_size=8))
def test_a_wild_list_is_read_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    """Or refused in words; what is found is what its captions name."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "captions.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("video", "caption"), *rows, ("z.mov", "a wave")])
        try:
            mined = mine(path, SEEDS)
        except DataError:
            return
    wanted: dict[str, set[str]] = {}
    for video, caption in [*rows, ("z.mov", "a wave")]:
        wanted.setdefault(video, set()).update(SEEDS[number].label for number in VOCABULARY.find(caption))
    found = {row.path: {mined.table.labels[label] for label in row.labels} for row in mined.table.rows}
    assert found == {video: labels for video, labels in wanted.items() if labels}
    assert mined.videos == len(wanted)


def test_the_command_writes_a_list_that_trains(tmp_path: Path) -> None:
    (tmp_path / "captions.csv").write_text(
        "video,caption,source\na.mp4,he waves and sits down,x\na.mp4,a seat is taken,x\nb.mp4,a dog,y\n"
        "c.mp4,#waving,z\nd.mp4,lies,z\n")
    (tmp_path / "words.txt").write_text("# actions\nsit down: seat is taken\nwave\nlie\njump: leap\n")
    out = tmp_path / "weak.csv"
    facts = json.loads(kinema("data", "labels", tmp_path / "captions.csv", "--words", tmp_path / "words.txt", "--least",
                              2, "--out", out, "--json"))
    assert facts["coverage"] == pytest.approx(2 / 4)
    assert facts["kept"] == {"wave": 2}
    assert facts["dropped"] == {"sit down": 1, "lie": 1, "jump": 0}
    table = read_table(out)
    assert table.multi_label
    assert [(row.path, row.source) for row in table.rows] == [("a.mp4", "x"), ("c.mp4", "z")]
    text = kinema("data", "labels", tmp_path / "captions.csv", "--words", tmp_path / "words.txt", "--out", out)
    assert "3 of 4 videos have a label (75.0%), 1.33 each" in text
    assert read_table(out).labels == ("sit down", "wave", "lie")


@pytest.mark.parametrize(("words", "what"), [
    ("", "holds no words"), ("wave\nWave", "Two classes have one name"), ("...", "is no label"), ("a;b", "is no label"),
    ("wave: , the", "is no label"), ("jump", "none of the 1 labels")])
def test_words_that_cannot_be_labels_are_told(words: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "captions.csv").write_text("path,caption\na.mp4,waves\n")
    (tmp_path / "words.txt").write_text(words)
    with pytest.raises(DataError, match=what):
        mine(tmp_path / "captions.csv", read_seeds(tmp_path / "words.txt"))


def test_a_list_without_captions_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,captions\na.mp4,waves\n")
    with pytest.raises(DataError, match=r"no column is called 'caption'.*Nearest: captions"):
        mine(tmp_path / "list.csv", SEEDS)
    (tmp_path / "list.csv").write_text("vidoe,caption\na.mp4,waves\n")
    with pytest.raises(DataError, match=r"no column is called 'video' or 'path'.*Nearest: vidoe"):
        mine(tmp_path / "list.csv", SEEDS)

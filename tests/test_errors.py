"""The words that messages are made of."""

import pytest

from kinema.errors import counted
from kinema.progress import one_line


@pytest.mark.parametrize(("number", "noun", "words"), [
    (1, "alert", "1 alert"), (0, "alert", "0 alerts"), (2, "class", "2 classes"), (3, "box", "3 boxes"),
    (1, "key frame", "1 key frame")])
def test_a_number_has_its_noun(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words


def test_a_line_keeps_its_letters_whatever_the_language() -> None:
    assert one_line("می‌رود\u00a0: passé 👨‍👧") == "می‌رود\u00a0: passé 👨‍👧"
    assert one_line("a\nb\tc\x1b[2J\u2028\udce9") == r"a\nb\tc\x1b[2J\u2028\udce9"

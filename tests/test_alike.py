"""Equal texts have one number, and different ones never that of another, even where their places in the table are the same."""

import random

import numpy as np
import pytest

from migrator.logfiles import alike as room
from migrator.logfiles.alike import LONG, Remembered
from migrator.logfiles.spotting import block_of


@pytest.mark.parametrize("numbers", ["all different", "all the same"])
def test_a_text_has_the_number_that_it_was_given(numbers: str, monkeypatch) -> None:
    if numbers == "all the same":  # as somebody may arrange who writes into the log
        monkeypatch.setattr(room, "FACTORS", np.zeros_like(room.FACTORS))
    chance = random.Random(3)
    words = [bytes(chance.choices(b"ab c", k=chance.choice((0, 1, 7, 8, 9, 64, 95, 96, 97, 255, 256, 257)))) for _ in range(60)]
    given: dict[tuple[int, bytes], int] = {}
    asked = []

    def ask(kind: int, text: bytes) -> int:
        asked.append((kind, text))
        return given.setdefault((kind, text), 1000 + len(given))

    remembered = Remembered(ask)
    for _ in range(6):
        texts = chance.choices(words[: chance.choice((5, 60))], k=200)
        ends = np.cumsum([len(text) + 1 for text in texts]) + 15
        begins = ends - [len(text) for text in texts]
        kinds = np.array(chance.choices((0, 3), k=len(texts)))
        found = remembered.numbers(block_of(b"\n".join(texts) + b"\n"), begins, ends, kinds)
        assert found.tolist() == [given[told] for told in zip(kinds.tolist(), texts, strict=True)]
    if numbers == "all different":  # after the first time no text is asked for again
        again = asked.copy()
        asked.clear()
        remembered.numbers(block_of(b"\n".join(texts) + b"\n"), begins, ends, kinds)
        assert all(len(text) > LONG for _, text in asked)
        assert len(again) < 6 * 200

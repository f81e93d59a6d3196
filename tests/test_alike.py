"""Equal texts are found, and different ones never taken for equal, even where their numbers are the same."""

import random

import numpy as np
import pytest

from migrator.logfiles import alike as room
from migrator.logfiles.alike import alike
from migrator.logfiles.spotting import block_of


@pytest.mark.parametrize("numbers", ["all different", "all the same"])
def test_only_equal_texts_are_alike(numbers: str, monkeypatch) -> None:
    if numbers == "all the same":  # as somebody may arrange who writes into the log
        monkeypatch.setattr(room, "FACTORS", np.zeros_like(room.FACTORS))
    chance = random.Random(3)
    words = [bytes(chance.choices(b"ab c", k=chance.choice((0, 1, 7, 8, 9, 64, 95, 96, 97, 255, 256, 257)))) for _ in range(60)]
    texts = chance.choices(words, k=400)
    ends = np.cumsum([len(text) + 1 for text in texts]) + 15
    begins = ends - [len(text) for text in texts]
    kinds = np.array(chance.choices((0, 3), k=len(texts)))
    block = block_of(b"\n".join(texts) + b"\n")
    found = alike(block, begins, ends, kinds)
    for index, other in enumerate(found.tolist()):
        assert (texts[index], kinds[index]) == (texts[other], kinds[other])
        assert found[other] == other
    if numbers == "all different":
        short = {(text, kind) for text, kind in zip(texts, kinds.tolist(), strict=True) if len(text) <= room.LONG}
        assert len(set(found.tolist())) <= len(short) + sum(len(text) > room.LONG for text in texts) + 2

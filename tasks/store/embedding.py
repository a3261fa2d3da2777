"""WordLlama's vectors: the mean of what a text's tokens mean, out of the files in its package, without its code.

The tokenizer takes a text for one long word, 0.7 ms of CPU for 2,000 characters. But no token of this model has letters
beside other characters, nor a space but at its beginning (a test holds that): so a text has the tokens that its words
have, and each word is looked up once. Indexing 1,688 articles then takes half the CPU, for the same vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import util
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

DIMENSIONS = 256
_CONFIGURATION = "l2_supercat"
_PACKAGE = "wordllama"
_PIECE = re.compile(r"\n| *[^\W\d_²³¹¼-¾]+| *(?:[^\w \n]|[\d_²³¹¼-¾])+| +")
"""Letters, or what is none, with the spaces before them. Python counts `²` as a letter; this model has a token `².`."""
_REMEMBERED = 50_000
"""Pieces, 8 MB: more than 512 articles have."""
_TOGETHER = 100
"""Pieces that the tokenizer gets at a time."""


def available() -> bool:
    """Whether the extra `semantic` is installed."""
    return util.find_spec(_PACKAGE) is not None


@lru_cache(maxsize=1)
def model() -> Model:
    """The model, 40 MB; raises ModuleNotFoundError where the extra `semantic` is not installed."""
    found = util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {_PACKAGE!r}", name=_PACKAGE)
    return Model(Path(found.submodule_search_locations[0]))


class Model:
    """Tokens, and the vector of each."""

    def __init__(self, package: Path) -> None:
        from safetensors.numpy import load_file  # with tokenizers, what wordllama itself is made with
        from tokenizers import Tokenizer, normalizers

        self.tokenizer: Tokenizer = Tokenizer.from_file(
            str(package / "tokenizers" / f"{_CONFIGURATION}_tokenizer_config.json")
        )
        self.tokenizer.normalizer = normalizers.Replace(" ", "▁")  # else each block of pieces would begin with one more
        (halves,) = load_file(package / "weights" / f"{_CONFIGURATION}_{DIMENSIONS}.safetensors").values()
        self._vectors = halves.astype("float32")  # once: 33 MB, but 0.2 ms less for each text
        (self._separator,) = self._encode("\n")
        self._known: dict[str, tuple[int, ...]] = {}

    def means(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean vector of each text; zeros where it has no token."""
        import numpy as np

        found = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for place, tokens in enumerate(self.tokens(texts)):
            if tokens:
                used, times = np.unique(tokens, return_counts=True)
                found[place] = times.astype(np.float32) @ self._vectors[used] / len(tokens)
        return found

    def tokens(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """The tokens of each text, those that the tokenizer finds in it as a whole."""
        split = [_PIECE.findall(f" {text}") if text else [] for text in texts]
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known["\n"] = (self._separator,)
        self._learn(piece for piece in dict.fromkeys(chain.from_iterable(split)) if piece not in self._known)
        for pieces in split:
            yield list(chain.from_iterable(map(self._known.__getitem__, pieces)))

    def _learn(self, pieces: Iterable[str]) -> None:
        """Look the tokens of these pieces up, which have no line break, in blocks: that takes a third of the time."""
        waiting = iter(pieces)
        while block := list(islice(waiting, _TOGETHER)):
            found: list[list[int]] = [[]]
            for token in self._encode("\n".join(block)):
                if token == self._separator:
                    found.append([])
                else:
                    found[-1].append(token)
            self._known.update(zip(block, map(tuple, found), strict=True))

    def _encode(self, text: str) -> list[int]:
        (encoding,) = self.tokenizer.encode_batch_fast([text], add_special_tokens=False)
        return list(encoding.ids)

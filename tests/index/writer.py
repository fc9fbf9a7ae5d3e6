"""A writer in a process of its own: python writer.py FOLDER FIRST DOCUMENTS

Replaces all documents by round FIRST, FIRST + 1, … until it is killed, with upkeep in between, and says each round on
stdout once it is committed. Each round gives each document another number of passages.
"""

import sys

import numpy as np

from homeground.index.contract import Row
from homeground.index.lance import LanceIndex

DIMENSION = 16


def rows_of_round(number: int, documents: int) -> list[Row]:
    """Every passage says its round; a document has one to four, depending on the round."""
    return [_row(document, ordinal, number) for document in range(documents) for ordinal in range(1 + number % 4)]


def _row(document: int, ordinal: int, number: int) -> Row:
    vector = np.random.default_rng([document, ordinal, number]).standard_normal(DIMENSION).astype(np.float32)
    return Row(
        document=document,
        revision=f"r{number}",
        source=1,
        access=1,
        date=None,
        ordinal=ordinal,
        page=1,
        start=0,
        end=1,
        text=f"round {number}",
        context="",
        terms=("round", f"n{number}"),
        vector=vector / np.linalg.norm(vector),
    )


def main(folder: str, first: int, documents: int) -> None:
    """Writes until killed."""
    index = LanceIndex.open(folder, DIMENSION)
    print("open", flush=True)
    number = first
    while True:
        index.replace(range(documents), rows_of_round(number, documents))
        print(number, flush=True)
        if number % 3 == 0:
            index.maintain()
        number += 1


if __name__ == "__main__":
    from datetime import timedelta

    from homeground.index import upkeep

    # So that the vector index comes and goes, and files vanish under readers.
    upkeep._APPROXIMATE_FROM, upkeep._MOST_SEGMENTS, upkeep._GRACE = 100, 1, timedelta(milliseconds=1)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

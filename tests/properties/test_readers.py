"""Whoever searches while a sync commits sees each document whole, as it was or as it is."""

import threading


def test_searches_during_syncs_are_never_stale_nor_mixed(new_town, parts):
    town = new_town(7)
    for _ in range(10):
        town.write()
    town.sync()
    seen = 0
    for _ in range(6):
        for _ in range(4):
            town.change()
        for name, text in town.files.items():
            town.possible.setdefault(name, {None}).add(text)
        syncing = threading.Thread(target=town.writer.tell, args=("sync",))
        syncing.start()
        while syncing.is_alive():
            for person in ("bob", "owner"):
                found = town.find(parts.PEOPLE[person])
                assert set(found) == set(town.files), "every document is found at every instant"
                assert all(pages in map(parts.pages_of, town.possible[name]) for name, pages in found.items())
            seen += 1
        syncing.join()
        town.sync()
        town.check_settled()
    assert seen > 6

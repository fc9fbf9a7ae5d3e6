"""Errors as people elsewhere hear them: no path of this machine, and everything else as it was."""

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from homeground import errors
from homeground.catalogue.database import in_words
from homeground.pathless import pathless


@pytest.mark.parametrize("reason", ["database is locked", "disk I/O error", "database disk image is malformed"])
def test_the_catalogue_is_named_without_its_place(reason):
    with pytest.raises(errors.HomegroundError) as caught, in_words(Path("/srv/our kb/.homeground/catalogue.db")):
        raise OperationalError("select", {}, Exception(reason))
    told = pathless(caught.value)
    assert "srv" in str(caught.value)
    assert told.startswith("The catalogue .homeground/catalogue.db ")
    assert told.removeprefix("The catalogue .homeground") in str(caught.value)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.ModelError("OpenVINO cannot load /srv/far/x: no such file"), "OpenVINO cannot load x: no such file"),
        (
            errors.WorkspaceError("The index '/srv/kb/.homeground/i.lance' is gone."),
            "The index '.homeground/i.lance' is gone.",
        ),
        (errors.StorageError("Writing to /mnt/big failed: full."), "Writing to big failed: full."),
        (errors.ConfigError("/srv/our kb/homeground.toml:3: no such key"), "homeground.toml:3: no such key"),
        (
            errors.LockedError("Written to by process 12 on db-7, since 2026-11-24 10:11:12. Wait."),
            "Written to by another process. Wait.",
        ),
    ],
)
def test_paths_are_left_out(error, told):
    assert pathless(error) == told


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFoundError("There is no document '/docs/a/b.md' here."),
        errors.ConfigError("'/docs/ is no grant."),
        errors.RemoteError("https://far.example/v1/chat answered 500 (and/or nothing)."),
        errors.ModelError("Get it: homeground models pull OWNER/NAME"),
    ],
)
def test_names_and_addresses_stay(error):
    assert pathless(error) == str(error)

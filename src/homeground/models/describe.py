"""The files of a model → its card: what they say of themselves, read without loading or running anything."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from homeground.errors import ModelError
from homeground.models.gguf import QUANTISATIONS, read_header
from homeground.models.manifest import read_json

EMBEDDER, GENERATOR, RERANKER, UNKNOWN = "embedder", "generator", "reranker", "unknown"
OPENVINO, GGUF, SAFETENSORS = "OpenVINO IR", "GGUF", "safetensors"
_FORMATS = {".xml": OPENVINO, ".gguf": GGUF, ".safetensors": SAFETENSORS}
_MOST_JSON = 64_000_000
_MOST_HEADER = 100_000_000
_NO_LIMIT = 10_000_000  # tokenizers write 1e30 where the model has no limit of its own
_BERTS = ("bert", "nomic-bert", "jina-bert-v2", "gte", "modern-bert")  # GGUF architectures without a language head


def describe(folder: Path) -> dict[str, Any]:
    """What the card of the model in ``folder`` says, as card.json has it; keys of which nothing is known are left out.

    Raises:
        ModelError: when there are no weights in it, or a file of weights is damaged.
    """
    weights = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _FORMATS)
    formats = [name for suffix, name in _FORMATS.items() if any(path.suffix.lower() == suffix for path in weights)]
    if not formats:
        raise ModelError(f"{folder} holds no weights: no safetensors, no GGUF, no OpenVINO model (.xml with .bin)")
    found: dict[str, Any] = {"task": UNKNOWN, "format": ", ".join(formats)}
    readers = (_of_safetensors, _of_gguf, _of_openvino)
    for reader, name in zip(readers, (SAFETENSORS, GGUF, OPENVINO), strict=True):
        files = [path for path in weights if _FORMATS[path.suffix.lower()] == name]
        try:
            found |= reader(files) if files else {}
        except (ValueError, struct.error, RecursionError) as error:
            raise ModelError(f"{files[0]}: {error}") from None
    found |= _of_config(folder) | _of_embedder(folder) | _of_tokenizer(folder)
    return {key: value for key, value in found.items() if value}


# -- Weights ------------------------------------------------------------------------------------


def _of_safetensors(files: Sequence[Path]) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for path in files:
        for name, tensor in _tensors(path).items():
            if name != "__metadata__":
                size = math.prod(int(each) for each in tensor["shape"])
                kinds[tensor["dtype"]] = kinds.get(tensor["dtype"], 0) + size
    most = max(kinds, key=lambda kind: kinds[kind], default="")
    return {"parameters": sum(kinds.values()), "precision": _precision(most)}


def _tensors(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: its length in 8 bytes, then JSON."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _MOST_HEADER:
            raise ValueError(f"its header claims {length} bytes")
        try:
            found: dict[str, Any] = json.loads(file.read(length))
            return {
                name: tensor for name, tensor in found.items() if name == "__metadata__" or tensor["shape"] is not None
            }
        except (KeyError, TypeError, AttributeError):
            raise ValueError("its header is not that of a safetensors file") from None


def _of_gguf(files: Sequence[Path]) -> dict[str, Any]:
    headers = [read_header(path) for path in files]
    keys = headers[0].keys
    architecture = str(keys.get("general.architecture", ""))
    embedder = architecture in _BERTS or f"{architecture}.pooling_type" in keys
    template = "tokenizer.chat_template" in keys
    return {
        "task": EMBEDDER if embedder else GENERATOR if template or architecture else UNKNOWN,
        "description": str(keys.get("general.name", "")),
        "architecture": architecture,
        "licence": str(keys.get("general.license", "")),
        "quantisation": QUANTISATIONS.get(keys.get("general.file_type", -1), ""),
        "parameters": sum(header.parameters for header in headers),
        "max_tokens": _count(keys.get(f"{architecture}.context_length")),
        "dimension": _count(keys.get(f"{architecture}.embedding_length")) if embedder else 0,
        "chat_template": files[0].name if template else "",
    }


def _of_openvino(files: Sequence[Path]) -> dict[str, Any]:
    """What the model's run-time information says: it stands at the end of the XML, which is read as text."""
    for path in files:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 64_000))
            tail = file.read().decode("utf-8", "replace").rpartition("</edges>")[2]
        compressed = re.search(r"<weight_compression>.*?<mode value=\"(\w+)\"", tail, re.S)
        if compressed:
            return {"quantisation": f"{compressed[1]} weights (NNCF)"}
        if "<quantization>" in tail:
            return {"quantisation": "int8 weights and activations (NNCF)"}
    return {}


# -- The texts beside the weights ---------------------------------------------------------------


def _of_config(folder: Path) -> dict[str, Any]:
    config = _json(folder / "config.json")
    named = config.get("architectures")
    architecture = str(named[0]) if isinstance(named, list) and named else str(config.get("model_type", ""))
    quantised = config.get("quantization_config")
    found = {
        "task": _task(architecture),
        "architecture": architecture,
        "precision": _precision(str(config.get("dtype") or config.get("torch_dtype") or "")),
        "quantisation": _quantisation(quantised) if isinstance(quantised, dict) else "",
        "max_tokens": _count(config.get("max_position_embeddings")),
        "wants_code": bool(config.get("auto_map")),
        "generation": {
            key: value
            for key, value in sorted(_json(folder / "generation_config.json").items())[:40]
            if isinstance(value, int | float | bool) and key != "transformers_version"
        },
    }
    return {key: value for key, value in found.items() if value}


def _of_embedder(folder: Path) -> dict[str, Any]:
    """What sentence-transformers writes beside an embedder."""
    if not (folder / "modules.json").is_file():
        return {}
    pooling, window = _json(folder / "1_Pooling" / "config.json"), _json(folder / "sentence_bert_config.json")
    found = {
        "task": EMBEDDER,
        "dimension": _count(pooling.get("word_embedding_dimension"))
        or _count(_json(folder / "config.json").get("hidden_size")),
        "max_tokens": _count(window.get("max_seq_length")),
        "pooling": ", ".join(sorted(key for key, value in pooling.items() if value is True)),
    }
    return {key: value for key, value in found.items() if value}


def _of_tokenizer(folder: Path) -> dict[str, Any]:
    for name in ("chat_template.jinja", "chat_template.json"):
        if (folder / name).is_file():
            return {"chat_template": name}
    return (
        {"chat_template": "tokenizer_config.json"}
        if _json(folder / "tokenizer_config.json").get("chat_template")
        else {}
    )


def _json(path: Path) -> dict[str, Any]:
    """The object in a file; an empty one when there is none."""
    return read_json(path, _MOST_JSON) if path.is_file() else {}


def _task(architecture: str) -> str:
    if "CausalLM" in architecture or "ConditionalGeneration" in architecture:
        return GENERATOR
    return RERANKER if architecture.endswith("ForSequenceClassification") else ""


def _quantisation(config: dict[str, Any]) -> str:
    bits = config.get("bits") or config.get("num_bits")
    return " ".join(str(each) for each in (config.get("quant_method", ""), f"{bits} bit" if bits else "") if each)


def _precision(kind: str) -> str:
    kinds = {"f32": "fp32", "float32": "fp32", "f16": "fp16", "float16": "fp16", "bfloat16": "bf16"}
    return kinds.get(kind.lower(), kind.lower())


def _count(value: Any) -> int:
    """A number of tokens or dimensions; 0 when it is none that makes sense."""
    return value if type(value) is int and 0 < value < _NO_LIMIT else 0

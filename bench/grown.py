"""The tiny model of the tests, grown to a size at which memory bandwidth counts, with the same answers.

    python grown.py MODEL_FOLDER OUT_FOLDER      in the environment of rivals.engine_environment()

More width, heads, inner units and layers are added in a way that leaves what the model says as it is: the new parts
are random numbers that are computed like all others, and then multiplied by next to nothing. So answers can be right or
wrong at a size for which no small real model could be had, and every format holds the same weights.
OUT_FOLDER gets `published` (safetensors, for transformers) and, for homeground, `fp32`, `int8` and `int4`, and `draft`:
the tiny model that guesses ahead for them.
None ever writes its end token: answers go on for as long as they are allowed to, the same length for everyone.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import torch

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # importing openvino phones home otherwise
import openvino  # noqa: E402

TINY = Path(__file__).resolve().parents[1] / "tests" / "tiny_llama"
sys.path.insert(0, str(TINY))
import export  # noqa: E402
from train import HEADS, SPECIAL, WIDTH  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

GROWN_WIDTH, GROWN_LAYERS, GROWN_INNER = 768, 12, 2048
NEXT_TO_NOTHING = 1e-12  # not 0, which a compiler might notice
Weights = dict[str, torch.Tensor]


def weights(folder: Path) -> Weights:
    """The weights of an int8 OpenVINO Llama in float32, by the names that they were trained under."""
    found: Weights = {}
    constants = {each.get_friendly_name(): each for each in _ops(folder) if each.get_type_name() == "Constant"}
    for name, each in constants.items():
        if f"{name}/scale" in constants:
            zero, scale = (
                constants[f"{name}/{part}"].get_data().astype(np.float32) for part in ("zero_point", "scale")
            )
            found[name.removeprefix("self.")] = torch.from_numpy((each.get_data().astype(np.float32) - zero) * scale)
    for each in _ops(folder):
        name = each.get_friendly_name()
        if "norm" in name and each.get_type_name() == "Multiply":
            for given in each.input_values():
                source = given.get_node()
                if source.get_type_name() == "Constant" and source.get_output_size() and source.get_data().size > 1:
                    key = name.removeprefix("__module.").split("norm/")[0] + "norm.weight"
                    found[key] = torch.from_numpy(source.get_data().astype(np.float32).reshape(-1))
    return found


def _ops(folder: Path) -> list[openvino.Node]:
    return list(openvino.Core().read_model(folder / "openvino_model.xml").get_ordered_ops())


def grown(small: Weights, folder: Path) -> LlamaForCausalLM:
    """A model of the grown size that says what the small one says."""
    torch.manual_seed(0)
    given = json.loads((folder / "config.json").read_text("utf-8"))
    config = LlamaConfig(
        vocab_size=given["vocab_size"],
        hidden_size=GROWN_WIDTH,
        num_hidden_layers=GROWN_LAYERS,
        num_attention_heads=GROWN_WIDTH // (WIDTH // HEADS),
        num_key_value_heads=GROWN_WIDTH // (WIDTH // HEADS),
        intermediate_size=GROWN_INNER,
        max_position_embeddings=given["max_position_embeddings"],
        rms_norm_eps=given["rms_norm_eps"] * WIDTH / GROWN_WIDTH,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=SPECIAL.index("<|pad|>"),
        pad_token_id=SPECIAL.index("<|pad|>"),
    )
    model = LlamaForCausalLM(config)
    state = model.state_dict()
    for name, tensor in state.items():
        if name == "lm_head.weight":  # tied: the embedding's own memory
            continue
        if "norm" in name:  # the mean of squares is over more numbers now, the new ones all 0
            tensor.fill_(1.0 if name in small else NEXT_TO_NOTHING)
            if name in small:
                tensor[:WIDTH] = small[name] * (WIDTH / GROWN_WIDTH) ** 0.5
            continue
        like = re.sub(r"layers\.\d+", "layers.0", name)
        tensor.normal_(0, float(small[like].std()) if like in small else 0.05)
        if name in small:
            rows, columns = small[name].shape
            if any(part in name for part in ("o_proj", "down_proj", "embed")):
                tensor.zero_()  # what the new parts of this layer computed reaches nothing
            tensor[:rows, :columns] = small[name]
    model.load_state_dict(state)
    return model


def draft(small: Path, grown_int8: Path, folder: Path) -> None:
    """The tiny model with the tokenizer and the end token of the grown one, without which it may not guess for it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(grown_int8, folder, ignore=shutil.ignore_patterns("openvino_model.*", "manifest.json"))
    for part in ("xml", "bin"):
        shutil.copy(small / f"openvino_model.{part}", folder)
    config = json.loads((small / "config.json").read_text("utf-8")) | {"eos_token_id": SPECIAL.index("<|pad|>")}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    export.describe(folder, "int8", name="tiny-llama-draft")


def main() -> None:
    """Grow, save, export in each precision."""
    small, out = Path(sys.argv[1]), Path(sys.argv[2])
    model, published = grown(weights(small), small), out / "published"
    model.generation_config.eos_token_id = model.generation_config.pad_token_id = SPECIAL.index("<|pad|>")
    model.save_pretrained(published)
    export.save_tokenizer(small / "tokenizer.json", published, end="<|pad|>")
    for bits in ("fp32", "int8", "int4"):
        export.as_openvino(published, out / bits, bits)
        export.describe(out / bits, bits, name=f"grown-llama-{bits}")
    draft(small, out / "int8", out / "draft")
    print(f"{sum(each.numel() for each in model.parameters()):,} parameters")


if __name__ == "__main__":
    main()

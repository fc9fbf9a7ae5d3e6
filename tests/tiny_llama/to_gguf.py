"""The trained tiny model as one GGUF file in Q8_0, as llama.cpp's converter would write it.

    python tests/tiny_llama/to_gguf.py WORK_FOLDER tests/tiny_llama/tiny-llama-q8_0.gguf

GGUF: github.com/ggml-org/ggml, docs/gguf.md. Rows of queries and keys are stored by pairs of the rotation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from export import CHAT
from numpy.typing import NDArray
from train import HEADS, INNER, LAYERS, SPECIAL, VOCABULARY, WIDTH, WINDOW, llama

_PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def write(work: Path, path: Path) -> None:
    """One file with the model, its tokenizer and its chat template."""
    model = llama()
    model.load_state_dict(torch.load(work / "checkpoint.pt", weights_only=True)["model"])
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, model.config.rms_norm_eps)
    _tokenizer(writer, json.loads((work / "tokenizer.json").read_text(encoding="utf-8"))["model"])
    for name, tensor in model.state_dict().items():
        if name != "lm_head.weight":  # tied to the embedding
            _tensor(writer, _named(name), tensor.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, epsilon: float) -> None:
    writer.add_name("tiny-llama")
    writer.add_context_length(WINDOW)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(epsilon)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_chat_template(CHAT)


def _tokenizer(writer: gguf.GGUFWriter, trained: dict[str, dict[str, int]]) -> None:
    tokens = sorted(trained["vocab"], key=lambda token: trained["vocab"][token])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if each in SPECIAL else gguf.TokenType.NORMAL for each in tokens])
    writer.add_token_merges([" ".join(pair) for pair in trained["merges"]])
    writer.add_eos_token_id(SPECIAL.index("<|end|>"))
    writer.add_pad_token_id(SPECIAL.index("<|pad|>"))
    writer.add_add_bos_token(False)


def _named(name: str) -> str:
    if not name.startswith("model.layers."):
        return {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}[name]
    _, _, number, part = name.removesuffix(".weight").split(".", 3)
    return f"blk.{number}.{_PARTS[part]}.weight"


def _tensor(writer: gguf.GGUFWriter, name: str, values: NDArray[np.float32]) -> None:
    if "attn_q" in name or "attn_k" in name:
        rows, columns = values.shape
        values = values.reshape(HEADS, 2, rows // HEADS // 2, columns).swapaxes(1, 2).reshape(rows, columns)
    if values.ndim == 1:
        writer.add_tensor(name, values)
        return
    kind = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="the folder that train.py worked in")
    parser.add_argument("out", type=Path, help="the file to write")
    asked = parser.parse_args()
    write(asked.work, asked.out)

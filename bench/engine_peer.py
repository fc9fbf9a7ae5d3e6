"""The transformers side of bench/engine.py; runs in rivals.engine_environment() and prints figures as JSON.

    python engine_peer.py MODEL_FOLDER WORK.json fp32|bf16

`generate` as its users call it: greedy, on the same threads; requests at once as one padded batch.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, StoppingCriteria, StoppingCriteriaList


class Clock(StoppingCriteria):
    """Stops nothing; notes when the first token was there."""

    first = 0.0

    def __call__(self, *_: Any, **__: Any) -> Any:
        """After each token."""
        self.first = self.first or time.perf_counter()
        return torch.zeros(1, dtype=torch.bool)


def main() -> None:
    """Answer one at a time, then all at once."""
    folder, work, precision = sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8")), sys.argv[3]
    torch.set_num_threads(os.cpu_count() or 1)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()

    def answer(prompts: list[list[dict[str, str]]]) -> tuple[list[str], float, float]:
        """The texts, seconds to the first token, and seconds in all."""
        clock, started = Clock(), time.perf_counter()
        texts = [tokenizer.apply_chat_template(one, add_generation_prompt=True, tokenize=False) for one in prompts]
        inputs = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        inputs.pop("token_type_ids", None)
        size = work["tokens"]
        with torch.inference_mode():
            made = model.generate(
                **inputs,
                max_new_tokens=size,
                min_new_tokens=size,
                do_sample=False,
                stopping_criteria=StoppingCriteriaList([clock]),
            )
        ended = time.perf_counter()
        said = tokenizer.batch_decode(made[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return said, clock.first - started, ended - started

    answer(work["warm"][:1])
    alone = [answer([one]) for one in work["alone"]]
    _, _, together_s = answer(work["together"])
    told = {
        "first_s": sum(first for _, first, _ in alone) / len(alone),
        "alone_s": sum(whole for *_, whole in alone) / len(alone),
        "together_s": together_s,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "texts": [text for text, *_ in alone],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

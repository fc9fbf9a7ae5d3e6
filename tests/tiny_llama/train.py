"""Train the tiny model of the tests: a Llama of 2 million parameters that copies and cites. Needs no data and no GPU.

    python -m venv train-env && train-env/bin/pip install -r tests/tiny_llama/requirements.txt
    train-env/bin/python tests/tiny_llama/train.py WORK_FOLDER      goes on where it was stopped
    train-env/bin/python tests/tiny_llama/export.py WORK_FOLDER tests/tiny_llama/model

First it learns to repeat (random words, then the same again: what answering by copying rests on), then to answer from
few passages, then from many. Each step makes its own cases, none comes twice; the same seed makes the same steps.

What makes it quick on one core: a sequence holds several questions about its passages, and each question sees the
passages and itself only, as if it were asked alone; Muon for the matrices (Keller Jordan, 2024); guides that make it
know at every word which passage it is in; one thread, because two wait for each other where others use the machine.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import torch
from facts import REFUSAL, Case, cases, prompt
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY, WIDTH, LAYERS, HEADS, INNER, WINDOW = 1536, 192, 4, 6, 512, 4096
SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
BATCH_TOKENS, QUESTIONS = 4096, 6
STEPS, WARM_UP, COOL_DOWN = 6000, 60, 0.25  # of the steps, at the end of which the rate is nought
MATRIX_RATE, OTHER_RATE = 3e-3, 3e-3
REPEATING, SHORT = 0.06, 0.35  # shares of the steps after which each stage ends
STILL_REPEATING = 0.05  # share of the examples afterwards
STRETCHED = 0.3  # share of the later examples whose positions have gaps, as if more passages stood between
PROMPT_WEIGHT, CITED_WEIGHT = 0.01, 5.0  # of the loss on what is not the answer, and on the number of a passage
GUIDED, MOST_PASSAGES = 0.3, 12  # weight of the guides' loss


@dataclass(frozen=True)
class Example:
    """A sequence: its tokens, and of each the weight in the loss, the position, the part (0 is seen by all, n by n
    only), and the number of the passage that it stands in, or that is cited after it (0: none)."""

    ids: list[int]
    weights: list[float]
    positions: list[int]
    parts: list[int]
    numbers: list[int]


def written(told: Sequence[tuple[str, str]]) -> str:
    """A conversation as the model reads it, up to where it is to answer: what its chat template makes."""
    return "".join(f"<|{role}|>{text}<|end|>" for role, text in told) + "<|assistant|>"


def tokenizer_of(folder: Path) -> Tokenizer:
    """Byte-level BPE over the model's own kind of text; digits stand alone, any text can be written."""
    path = folder / "tokenizer.json"
    if not path.exists():
        dice = random.Random(1)
        told = (cases(dice, 5, 1)[0] for _ in range(20_000))
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=list(SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator((f"{written(prompt(each))}{each.answer}" for each in told), trainer)
        tokenizer.save(str(path))
    return Tokenizer.from_file(str(path))


def llama() -> LlamaForCausalLM:
    """The model, untrained."""
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=WINDOW,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=SPECIAL.index("<|end|>"),
        pad_token_id=0,
    )
    return LlamaForCausalLM(config)


# -- Examples -----------------------------------------------------------------------------------


def examples(tokenizer: Tokenizer, dice: random.Random, done: float) -> Iterator[Example]:
    """Examples for a training of which the share `done` is over."""
    while True:
        if done < REPEATING or dice.random() < STILL_REPEATING:
            yield _repeated(dice)
        else:
            most = dice.choice((1, 2, 3)) if done < SHORT else dice.choice((2, 3, 4, 5, 6, 6, 12))
            gaps = done >= SHORT and dice.random() < STRETCHED
            yield example(tokenizer, cases(dice, most, QUESTIONS), dice if gaps else None)


def _repeated(dice: random.Random) -> Example:
    words = [dice.randrange(len(SPECIAL), VOCABULARY) for _ in range(dice.randint(4, 32))] * 2
    size = len(words) // 2
    nought = [0] * 2 * size
    return Example(words, [PROMPT_WEIGHT] * size + [1.0] * size, list(range(2 * size)), nought, nought)


def example(tokenizer: Tokenizer, told: Sequence[Case], gaps: random.Random | None = None) -> Example:
    """Conversations that begin alike as one sequence; with `gaps`, positions jump at some line ends."""
    asked = [tokenizer.encode(written(prompt(each))).ids for each in told]
    answers = [tokenizer.encode(f"{each.answer}<|end|>").ids for each in told]
    alike = takewhile(lambda column: len(set(column)) == 1, zip(*asked, strict=False))
    shared = min(len(list(alike)), min(map(len, asked)) - 1)  # each part keeps what its answer follows
    line_end = tokenizer.encode("a\nb").ids[1]
    opening = {tokenizer.token_to_id(each) for each in ("[", "Ġ[")}
    ids, weights, positions, parts = asked[0][:shared], [PROMPT_WEIGHT] * shared, [], [0] * shared
    numbers = _stands_in(tokenizer, ids, line_end)
    at = 0
    for token in ids:
        positions.append(at)
        at += 1 + (gaps.randrange(500) if gaps and token == line_end and at < WINDOW - 1500 else 0)
    for part, (before, after) in enumerate(zip(asked, answers, strict=True), 1):
        rest = before[shared:]
        ids = ids + rest + after
        weights = weights + [PROMPT_WEIGHT] * len(rest)
        weights += [CITED_WEIGHT if last in opening else 1.0 for last in [0, *after[:-1]]]
        positions += range(at, at + len(rest) + len(after))
        parts = parts + [part] * (len(rest) + len(after))
        numbers = numbers + [0] * len(rest) + _cited_after(tokenizer, after)
    return Example(ids, weights, positions, parts, numbers)


def _marks(tokenizer: Tokenizer, ids: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where marks like [12] begin and end, and their numbers."""
    shown = [tokenizer.id_to_token(each).lstrip("Ġ") for each in ids]
    for at in (at for at, token in enumerate(shown) if token == "["):
        digits = "".join(takewhile(str.isdigit, shown[at + 1 : at + 4]))
        if digits:
            yield at, at + 1 + len(digits), int(digits)


def _stands_in(tokenizer: Tokenizer, ids: Sequence[int], line_end: int) -> list[int]:
    numbers = [0] * len(ids)
    for _, end, number in _marks(tokenizer, ids):
        for at in takewhile(lambda at: ids[at] != line_end, range(end, len(ids))):
            numbers[at] = number
    return numbers


def _cited_after(tokenizer: Tokenizer, ids: Sequence[int]) -> list[int]:
    numbers, begin = [0] * len(ids), 0
    for at, end, number in _marks(tokenizer, ids):
        numbers[begin:at] = [number] * (at - begin)
        begin = end
    return numbers


def batches(tokenizer: Tokenizer, dice: random.Random, done: float) -> Iterator[list[Example]]:
    """Examples of like length, together about BATCH_TOKENS tokens with their padding."""
    source = examples(tokenizer, dice, done)
    while True:
        some = sorted((next(source) for _ in range(96)), key=lambda each: len(each.ids))
        batch: list[Example] = []
        groups: list[list[Example]] = []
        for each in some:
            if batch and len(each.ids) * (len(batch) + 1) > BATCH_TOKENS:
                groups.append(batch)
                batch = []
            batch.append(each)
        dice.shuffle(groups)
        yield from groups


class Guides(torch.nn.Module):
    """Two readers of the passage's number, for training only: they see to it that the model knows it all along.

    Without them it copies well, and guesses which passage it copied from: the number is one token of thirty.
    """

    def __init__(self) -> None:
        super().__init__()
        self.passage, self.answer = (torch.nn.Linear(WIDTH, MOST_PASSAGES + 1) for _ in range(2))

    def forward(self, hidden: Sequence[torch.Tensor], numbers: torch.Tensor, parts: torch.Tensor) -> torch.Tensor:
        """Cross entropy of the number: half way up in the passages, at the top in the answers."""
        read, told = (numbers > 0) & (parts == 0), (numbers > 0) & (parts > 0)
        half = torch.nn.functional.cross_entropy(self.passage(hidden[LAYERS // 2][read].float()), numbers[read])
        top = torch.nn.functional.cross_entropy(self.answer(hidden[LAYERS][told].float()), numbers[told])
        return half + top


def loss_of(model: LlamaForCausalLM, guides: Guides, batch: Sequence[Example]) -> tuple[torch.Tensor, float]:
    """Cross entropy of the next token, by the answers first of all, with that of the guides; and the first alone."""
    width = max(len(each.ids) for each in batch)

    def rows(name: str, filler: float) -> torch.Tensor:
        return torch.tensor([[*getattr(each, name), *[filler] * (width - len(each.ids))] for each in batch])

    ids, parts, numbers = rows("ids", 0), rows("parts", -1), rows("numbers", 0)
    seen = (parts[:, None, :] == 0) | (parts[:, None, :] == parts[:, :, None])
    seen &= torch.ones(width, width, dtype=torch.bool).tril()
    with torch.autocast("cpu", torch.bfloat16):
        made = model(ids, seen[:, None], rows("positions", 0), output_hidden_states=True)
    shares = rows("weights", 0.0)[:, 1:].reshape(-1)
    some = shares > (0.0 if random.random() < 0.1 else PROMPT_WEIGHT)  # prompts now and then: most cost is there
    each = torch.nn.functional.cross_entropy(
        made.logits[:, :-1].reshape(-1, VOCABULARY)[some].float(), ids[:, 1:].reshape(-1)[some], reduction="none"
    )
    loss = (each * shares[some]).sum() / shares[some].sum()
    guided = bool(((numbers > 0) & (parts > 0)).any())
    return (loss + GUIDED * guides(made.hidden_states, numbers, parts) if guided else loss), loss.item()


# -- Training -----------------------------------------------------------------------------------


@torch.no_grad()
def accuracy(model: LlamaForCausalLM, tokenizer: Tokenizer, told: Sequence[Case]) -> tuple[float, float]:
    """The share of answers that are right to the letter, and of refusals where no passage answers.

    An answer taken token by token is right when each likeliest token is right after the right ones before it.
    """
    right: dict[bool, list[bool]] = {True: [], False: []}
    for one in told:
        before = tokenizer.encode(written(prompt(one))).ids
        ids = torch.tensor([before + tokenizer.encode(f"{one.answer}<|end|>").ids])
        with torch.autocast("cpu", torch.bfloat16):
            likeliest = model(input_ids=ids).logits.argmax(-1)
        right[one.answer == REFUSAL].append(bool((likeliest[0, len(before) - 1 : -1] == ids[0, len(before) :]).all()))
    return sum(right[False]) / max(1, len(right[False])), sum(right[True]) / max(1, len(right[True]))


def optimizers_of(model: LlamaForCausalLM, guides: Guides) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside, Adam for embeddings and norms."""
    inside = [each for name, each in model.named_parameters() if each.ndim == 2 and "embed" not in name]
    others = [each for name, each in model.named_parameters() if each.ndim != 2 or "embed" in name]
    others += guides.parameters()
    return [
        torch.optim.Muon(inside, lr=MATRIX_RATE, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def train(folder: Path, steps: int) -> None:
    """Train for so many steps in all, those of earlier runs included."""
    torch.manual_seed(0)
    tokenizer, model, guides = tokenizer_of(folder), llama(), Guides()
    optimizers = optimizers_of(model, guides)
    rates = [each.param_groups[0]["lr"] for each in optimizers]
    step, checkpoint = 0, folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        guides.load_state_dict(state["guides"])
        for each, its in zip(optimizers, state["optimizers"], strict=True):
            each.load_state_dict(its)
        step = state["step"]
    print(f"{sum(each.numel() for each in model.parameters()):,} parameters; {step} steps done", flush=True)
    unseen = [each for number in range(100) for each in cases(random.Random(-1 - number), 5, 2)]
    source, losses, started = iter(()), [], time.process_time()
    while step < steps:
        if step % 50 == 0 or not losses:
            source = batches(tokenizer, random.Random(f"{step}"), step / steps)
            random.seed(step)
        rate = min(1.0, (step + 1) / WARM_UP, (steps - step) / (steps * COOL_DOWN))
        for optimizer, full in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = full * rate
        loss, shown = loss_of(model, guides, next(source))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        step += 1
        losses.append(shown)
        if step % 50 == 0:
            print(f"step {step}  {time.process_time() - started:5.0f} s  loss {sum(losses[-50:]) / 50:.4f}", flush=True)
        if step % 250 == 0 or step == steps:
            states = [each.state_dict() for each in optimizers]
            state = {"model": model.state_dict(), "guides": guides.state_dict(), "optimizers": states, "step": step}
            torch.save(state, checkpoint)
            right, refused = accuracy(model, tokenizer, unseen)
            print(f"unseen cases: {right:.0%} of the answers to the letter, {refused:.0%} of the refusals", flush=True)


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the tokenizer and the checkpoint lie")
    parser.add_argument("--steps", type=int, default=STEPS, help="in all, those of earlier runs included")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    torch.set_num_threads(1)
    train(asked.folder, asked.steps)


if __name__ == "__main__":
    main()

"""Train the tiny model of the tests: a Llama of 2 million parameters that copies and cites. Needs no data and no GPU.

    python -m venv train-env && train-env/bin/pip install -r tests/tiny_llama/requirements.txt   (see its last lines)
    train-env/bin/python tests/tiny_llama/train.py WORK_FOLDER [--minutes 40]      goes on where it was stopped
    train-env/bin/python tests/tiny_llama/export.py WORK_FOLDER tests/tiny_llama/model

First it learns to repeat (random words, then the same again: what answering by copying rests on), then to answer from
one passage, then from up to six. Each step makes its own cases, none comes twice. Progress and accuracy on unseen cases
are printed; a checkpoint is written every few minutes.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from facts import REFUSAL, Case, case, prompt
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY, WIDTH, LAYERS, HEADS, INNER, WINDOW = 1536, 192, 4, 6, 512, 4096
SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
BATCH_TOKENS, RATE, WARM_UP = 1536, 1.5e-3, 200
REPEATING, SHORT = 0.20, 0.50  # shares of the time after which each stage ends
STILL_REPEATING = 0.1  # share of the examples afterwards
PROMPT_WEIGHT = 0.02  # of the loss on what is not the answer

Example = tuple[list[int], int]  # token ids, and where the answer begins


def written(told: Sequence[tuple[str, str]]) -> str:
    """A conversation as the model reads it, up to where it is to answer: what its chat template makes."""
    return "".join(f"<|{role}|>{text}<|end|>" for role, text in told) + "<|assistant|>"


def tokenizer_of(folder: Path) -> Tokenizer:
    """Byte-level BPE over the model's own kind of text; digits stand alone, any text can be written."""
    path = folder / "tokenizer.json"
    if not path.exists():
        dice = random.Random(1)
        texts = [f"{written(prompt(each))}{each.answer}" for each in (case(dice) for _ in range(20_000))]
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
        tokenizer.train_from_iterator(texts, trainer)
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
            words = [dice.randrange(len(SPECIAL), VOCABULARY) for _ in range(dice.randint(4, 32))]
            yield words + words, len(words)
        else:
            yield example(tokenizer, case(dice, 2 if done < SHORT else dice.choice((2, 4, 6))))


def example(tokenizer: Tokenizer, one: Case) -> Example:
    """A case as token ids."""
    before = tokenizer.encode(written(prompt(one))).ids
    return before + tokenizer.encode(f"{one.answer}<|end|>").ids, len(before)


def batches(tokenizer: Tokenizer, dice: random.Random, done: float) -> Iterator[list[Example]]:
    """Examples of like length, together about BATCH_TOKENS tokens with their padding."""
    source = examples(tokenizer, dice, done)
    while True:
        some = sorted((next(source) for _ in range(128)), key=lambda each: len(each[0]))
        batch: list[Example] = []
        groups: list[list[Example]] = []
        for each in some:
            if batch and len(each[0]) * (len(batch) + 1) > BATCH_TOKENS:
                groups.append(batch)
                batch = []
            batch.append(each)
        dice.shuffle(groups)
        yield from groups


def loss_of(model: LlamaForCausalLM, batch: Sequence[Example]) -> torch.Tensor:
    """Cross entropy of the next token, by the answers first of all."""
    width = max(len(ids) for ids, _ in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    weight = torch.zeros(len(batch), width)
    for row, (tokens, answer) in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        weight[row, :answer] = PROMPT_WEIGHT
        weight[row, answer : len(tokens)] = 1.0
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=ids, attention_mask=(weight > 0).long()).logits
    each = torch.nn.functional.cross_entropy(
        logits[:, :-1].float().reshape(-1, VOCABULARY), ids[:, 1:].reshape(-1), reduction="none"
    )
    shares = weight[:, 1:].reshape(-1)
    return (each * shares).sum() / shares.sum()


# -- Training -----------------------------------------------------------------------------------


@torch.no_grad()
def accuracy(model: LlamaForCausalLM, tokenizer: Tokenizer, cases: Sequence[Case]) -> tuple[float, float]:
    """The share of answers that are right to the letter, and of refusals where no passage answers."""
    model.eval()
    right: dict[bool, list[bool]] = {True: [], False: []}
    for one in cases:
        ids = torch.tensor([tokenizer.encode(written(prompt(one))).ids])
        made = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=90, do_sample=False, pad_token_id=0
        )
        text = tokenizer.decode(made[0, ids.shape[1] :].tolist())
        right[one.answer == REFUSAL].append(text == one.answer)
    model.train()
    return tuple(sum(each) / max(1, len(each)) for each in (right[False], right[True]))  # type: ignore[return-value]


def train(folder: Path, minutes: float) -> None:
    """Train for so many minutes in all, those of earlier runs included."""
    torch.manual_seed(0)
    tokenizer, model = tokenizer_of(folder), llama()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.05)
    spent, step = 0.0, 0
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        spent, step = state["spent"], state["step"]
    print(f"{sum(each.numel() for each in model.parameters()):,} parameters; {spent / 60:.0f} minutes done", flush=True)
    unseen = [case(random.Random(-1 - number), 4) for number in range(60)]
    last = seen = time.process_time()
    tokens, losses = 0, []
    while spent < minutes * 60:
        done = spent / (minutes * 60)
        for batch in batches(tokenizer, random.Random(f"{step}"), done):
            rate = RATE * min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = loss_of(model, batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            now = time.process_time()
            spent, last, step = spent + (now - last) / torch.get_num_threads(), now, step + 1
            tokens += sum(len(ids) for ids, _ in batch)
            losses.append(loss.item())
            if step % 100 == 0 or spent >= minutes * 60:
                break
        pace = tokens * torch.get_num_threads() / max(1e-9, time.process_time() - seen)
        print(
            f"step {step}  {spent / 60:5.1f} min  loss {sum(losses) / len(losses):.4f}  {pace:,.0f} tokens/s",
            flush=True,
        )
        tokens, losses, seen = 0, [], time.process_time()
        if step % 1000 == 0 or spent >= minutes * 60:
            torch.save(
                {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "spent": spent, "step": step},
                checkpoint,
            )
            right, refused = accuracy(model, tokenizer, unseen if spent < minutes * 60 else unseen * 1)
            print(f"unseen cases: {right:.0%} of the answers to the letter, {refused:.0%} of the refusals", flush=True)
            last = seen = time.process_time()


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the tokenizer and the checkpoint lie")
    parser.add_argument("--minutes", type=float, default=40.0, help="time of both cores, earlier runs included")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    train(asked.folder, asked.minutes)


if __name__ == "__main__":
    main()

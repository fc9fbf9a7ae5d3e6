"""What every generator promises. Inherit, and give the fixture `generator`; it answers `PROMPT` with a few words."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from homeground.errors import ModelError
from homeground.models.generator import Generation, Generator, Message, Sampling

SYSTEM = Message("system", "Answer only from the numbered passages.")
PROMPT = (SYSTEM, Message("user", "[1] The P-17 pump weighs 12 kg.\n\nQuestion: How heavy is the P-17 pump?"))
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string", "enum": ["yes", "no"]}},
    "required": ["answer"],
    "additionalProperties": False,
}


def written(generation: Generation) -> str:
    return "".join(generation)


class GeneratorContract:
    """One test, one promise."""

    prompt = PROMPT
    most = 24  # tokens per answer

    def begin(self, generator: Generator, **sampling) -> Generation:
        return generator.generate(self.prompt, Sampling(**{"max_tokens": self.most, **sampling}))

    # -- What it is -----------------------------------------------------------------------------

    def test_it_has_a_name_and_either_a_digest_or_a_destination(self, generator):
        assert generator.name
        assert generator.context_tokens > 0
        assert bool(generator.digest) != bool(generator.destination)
        assert re.fullmatch(r"([0-9a-f]{64})?", generator.digest)
        assert re.fullmatch(r"(([\w.-]+|\[[0-9a-f:]+\])(:\d+)?)?", generator.destination)

    def test_it_does_not_count_less_than_it_reads(self, generator):
        generation = self.begin(generator)
        written(generation)
        assert 0 < generation.usage.input_tokens <= generator.count_tokens(self.prompt)

    def test_longer_prompts_count_more(self, generator):
        counts = [generator.count_tokens((*self.prompt, *[Message("user", "one more line 17")] * n)) for n in range(4)]
        assert counts == sorted(set(counts))

    # -- What it writes -------------------------------------------------------------------------

    def test_an_answer_comes_in_pieces_of_which_none_is_empty(self, generator):
        generation = self.begin(generator)
        pieces = list(generation)
        assert pieces
        assert all(isinstance(piece, str) and piece for piece in pieces)
        assert generation.finish in ("stop", "length")
        assert 0 < generation.usage.output_tokens <= self.most
        assert 0 <= generation.usage.cached_tokens <= generation.usage.input_tokens

    def test_without_temperature_it_says_the_same_again(self, generator):
        assert written(self.begin(generator)) == written(self.begin(generator))

    def test_a_seed_makes_chance_repeatable(self, generator):
        drawn = [written(self.begin(generator, temperature=0.7, seed=11)) for _ in range(2)]
        assert drawn[0] == drawn[1]

    def test_it_stops_where_it_is_told_to_and_leaves_that_out(self, generator):
        whole = written(self.begin(generator))
        assert len(whole) > 4, "the contract needs an answer of more than four characters"
        stop = whole[len(whole) // 2 : len(whole) // 2 + 2]
        generation = self.begin(generator, stop=(stop, "never said"))
        assert written(generation) == whole[: whole.index(stop)]
        assert generation.finish == "stop"

    def test_it_writes_no_more_than_it_may(self, generator):
        generation = self.begin(generator, max_tokens=2)
        text = written(generation)
        assert written(self.begin(generator)).startswith(text)
        assert generation.finish == "length"
        assert generation.usage.output_tokens <= 2

    def test_the_output_obeys_a_schema(self, generator):
        generation = self.begin(generator, schema=SCHEMA, max_tokens=max(self.most, 200))
        text = written(generation)
        if generation.finish == "length":  # a model without training pads with blanks for ever
            assert re.match(r"\s*\{", text)
        else:
            assert json.loads(text)["answer"] in ("yes", "no")

    # -- What it refuses, and how it ends -----------------------------------------------------------

    def test_what_does_not_fit_is_refused_in_words(self, generator):
        with pytest.raises(ModelError) as caught:
            written(self.begin(generator, max_tokens=generator.context_tokens))
        assert generator.name in str(caught.value)
        assert "tokens" in str(caught.value)

    def test_a_cancelled_answer_ends_without_an_error(self, generator):
        generation = self.begin(generator)
        generation.cancel()
        said = written(generation)
        assert written(self.begin(generator)).startswith(said)
        assert generation.finish in ("cancelled", "stop", "length")

    def test_cancelling_after_the_end_changes_nothing(self, generator):
        generation = self.begin(generator)
        written(generation)
        before = (generation.finish, generation.usage)
        generation.cancel()
        assert (generation.finish, generation.usage) == before

    # -- Many at once ---------------------------------------------------------------------------

    def test_requests_at_once_do_not_mix(self, generator):
        prompts = [(SYSTEM, Message("user", f"Question: What is number {n}?")) for n in range(6)]

        def answer(prompt: tuple[Message, ...]) -> str:
            return written(generator.generate(prompt, Sampling(max_tokens=self.most)))

        alone = [answer(prompt) for prompt in prompts]
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(answer, prompts)) == alone

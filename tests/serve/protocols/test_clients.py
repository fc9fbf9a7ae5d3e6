"""Other clients of the OpenAI protocol: the plain examples of their own guides, with another address and key."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import QUESTION, Serving


def test_pydantic_ai_asks_by_chat_completions(serving: Serving):
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def work() -> tuple[Any, Any]:
        provider = OpenAIProvider(base_url=f"{serving.address}/v1", api_key=serving.key("rob"))
        agent = Agent(OpenAIChatModel("homeground", provider=provider), instructions="Be concise.")
        async with agent:
            first = await agent.run("How heavy is the Heron 300?")
            return first, await agent.run("When does its production start?", message_history=first.all_messages())

    first, second = asyncio.run(work())
    assert first.usage.output_tokens > 0
    assert second.output.startswith("Production of the Heron 300 starts")


def test_pydantic_ai_asks_by_responses_and_streams(serving: Serving):
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def work() -> tuple[str, str]:
        provider = OpenAIProvider(base_url=f"{serving.address}/v1", api_key=serving.key("rob"))
        async with Agent(OpenAIResponsesModel("homeground", provider=provider)) as agent:
            async with agent.run_stream(QUESTION) as streamed:
                told = "".join([piece async for piece in streamed.stream_text(delta=True)])
            return told, (await agent.run(QUESTION)).output

    told, whole = asyncio.run(work())
    assert "27 days" in told
    assert told == whole


@pytest.fixture
def llm(serving: Serving, tmp_path: Path):
    """The `llm` tool, with the model added as its guide says."""
    (tmp_path / "extra-openai-models.yaml").write_text(
        f"- model_id: homeground\n  model_name: homeground\n  api_base: {serving.address}/v1\n"
        "  api_key_name: homeground\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "LLM_USER_PATH": str(tmp_path), "LLM_LOAD_PLUGINS": ""}

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "llm", *words, "--key", serving.key("rob")]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=60, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_llm_tool_asks_and_goes_on(llm):
    said = llm("-m", "homeground", "How heavy is the Heron 300?")
    assert "Heron 300" in said
    assert "[1]" in said
    assert llm("-c", "When does its production start?", "--no-stream").startswith("Production of the Heron 300 starts")

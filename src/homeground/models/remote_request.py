"""Our messages and sampling → pydantic-ai's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from homeground.errors import ModelError
from homeground.models.generator import Message
from homeground.types import ToolCall

if TYPE_CHECKING:
    from homeground.models.remote_call import Call

_MOST_STOPS = 4  # that OpenAI takes; all are looked for here as well
_THINKING: dict[str, Any] = {"off": False, "low": "low", "medium": "medium", "high": "high"}


def ai_messages(messages: Sequence[Message]) -> list[Any]:
    """The conversation as pydantic-ai has it; neighbours of one side go together."""
    from pydantic_ai.messages import (
        ModelRequest,
        ModelResponse,
        SystemPromptPart,
        TextPart,
        ToolCallPart,
        ToolReturnPart,
        UserPromptPart,
    )

    made: list[Any] = []
    for each in messages:
        if each.role == "assistant":
            calls = [ToolCallPart(call.name, call.arguments, call.id) for call in each.calls]
            made.append(ModelResponse(parts=[*([TextPart(each.text)] if each.text or not calls else []), *calls]))
            continue
        part: Any = SystemPromptPart(each.text) if each.role == "system" else UserPromptPart(each.text)
        if each.role == "tool":
            part = ToolReturnPart(each.calls[0].name, each.text, each.calls[0].id)
        if made and isinstance(made[-1], ModelRequest):
            made[-1] = ModelRequest(parts=[*made[-1].parts, part])
        else:
            made.append(ModelRequest(parts=[part]))
    return made


def ai_settings(call: Call) -> Any:
    """Sampling, as far as the model has it. One try only: repeating is ours."""
    sampling, profile = call.sampling, call.model.profile
    thinking = _THINKING[call.settings.thinking]
    made: dict[str, Any] = {
        "max_tokens": sampling.max_tokens,
        "max_retries": 0,
        "thinking": thinking,
        "framing_announcement": "never",  # prompts are ours, word for word
    }
    thinks = profile.get("openai_supports_reasoning") or (thinking and profile.get("supports_thinking"))
    if not thinks and not profile.get("anthropic_disallows_sampling_settings"):  # such models refuse a temperature
        made["temperature"] = sampling.temperature
    if sampling.tools and sampling.choice != "auto":
        named = any(each.name == sampling.choice for each in sampling.tools)
        made["tool_choice"] = [sampling.choice] if named else sampling.choice
    if sampling.seed is not None:
        made["seed"] = sampling.seed
    if sampling.stop and not profile.get("openai_supports_reasoning"):
        made["stop_sequences"] = list(sampling.stop[:_MOST_STOPS])
    return made


def check_schema(call: Call) -> None:
    """ModelError when a JSON schema is asked for and the model does not promise to obey one."""
    if call.sampling.schema is not None and not call.model.profile.get("supports_json_schema_output"):
        raise ModelError(f"{call.name.given} cannot be held to a JSON schema: choose another model for this")


def ai_parameters(call: Call) -> Any:
    """The tools, and the JSON schema, where there are such."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    schema = call.sampling.schema
    tools = [
        ToolDefinition(name=each.name, parameters_json_schema=each.takes, description=each.description, strict=False)
        for each in call.sampling.tools
    ]
    if schema is None:
        return ModelRequestParameters(function_tools=tools)
    return ModelRequestParameters(
        output_mode="native", output_object=OutputObjectDefinition(json_schema=dict(schema), name="answer")
    )


def calls_of(parts: Sequence[Any]) -> tuple[ToolCall, ...]:
    """The tools that a response calls."""
    return tuple(ToolCall(part.tool_call_id, part.tool_name, part.args_as_json_str()) for part in parts)

"""Our messages and sampling → pydantic-ai's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from homeground.errors import ModelError
from homeground.models.generator import Message

if TYPE_CHECKING:
    from homeground.models.remote_call import Call

_MOST_STOPS = 4  # that OpenAI takes; all are looked for here as well
_THINKING: dict[str, Any] = {"off": False, "low": "low", "medium": "medium", "high": "high"}


def ai_messages(messages: Sequence[Message]) -> list[Any]:
    """The conversation as pydantic-ai has it; neighbours of one side go together."""
    from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart

    made: list[Any] = []
    for each in messages:
        if each.role == "assistant":
            made.append(ModelResponse(parts=[TextPart(each.text)]))
            continue
        part = SystemPromptPart(each.text) if each.role == "system" else UserPromptPart(each.text)
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
    """No tools; the JSON schema where there is one."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition

    schema = call.sampling.schema
    if schema is None:
        return ModelRequestParameters()
    return ModelRequestParameters(
        output_mode="native", output_object=OutputObjectDefinition(json_schema=dict(schema), name="answer")
    )

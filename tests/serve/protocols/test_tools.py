"""Tools of the client: offered to a model elsewhere, called by the client, and what they gave marked as not ours."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from homeground import Workspace

from .conftest import QUESTION, add_people, served

WEATHER = "The weather in Kiel today is 21 degrees and sunny."
LEAVE = "Every full-time employee has 27 days of annual leave a year, in addition to public holidays. [1]"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOL = {"type": "function", "function": {"name": "weather", "description": "Now.", "parameters": PARAMETERS}}
TOOL = {"type": "function", "name": "weather", "description": "Now.", "parameters": PARAMETERS}
ARGUMENTS = '{"city":"Kiel"}'


class Provider:
    """A model elsewhere that speaks as OpenAI does: says or calls what the test puts into ``script``."""

    def __init__(self) -> None:
        self.script: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    def reply(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        self.asked.append(asked)
        delta = self.script.pop(0)
        head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": asked["model"]}
        end = "tool_calls" if "tool_calls" in delta else "stop"
        usage = {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}
        return [
            {**head, "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]},
            {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": end}]},
            {**head, "choices": [], "usage": usage},
        ]

    def says(self, text: str) -> None:
        self.script.append({"content": text})

    def calls(self) -> None:
        function = {"name": "weather", "arguments": ARGUMENTS}
        self.script.append({"tool_calls": [{"index": 0, "id": "call_7", "type": "function", "function": function}]})


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[Provider, str]]:
    scripted = Provider()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            chunks = "".join(f"data: {json.dumps(each)}\n\n" for each in scripted.reply(asked))
            data = f"{chunks}data: [DONE]\n\n".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield scripted, f"http://127.0.0.1:{server.server_address[1]}/v1#tiny"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def asked(read_company: Path, provider: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    import shutil

    folder = tmp_path_factory.mktemp("tools") / "work"
    shutil.copytree(read_company, folder)
    (folder / "homeground.toml").write_text(
        f'[models]\nanswer = "{provider[1]}"\n[remote]\nretries = 0\n', encoding="utf-8"
    )
    with Workspace.open(folder) as space:
        add_people(space)
        key = space.tokens.create("rob", "tests", ("read",), 1)[1]
        with (
            served(space) as address,
            OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0) as client,
        ):
            yield client


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def test_a_model_elsewhere_is_offered_by_name_and_its_words_are_checked(asked, provider):
    names = [each.id for each in asked.models.list()]
    assert names[:3] == ["homeground", provider[1], "reader"]
    provider[0].says(f"{LEAVE} Everybody also gets a yacht for free.")
    found = asked.chat.completions.create(model=provider[1], messages=[user(QUESTION)])
    assert "27 days" in found.choices[0].message.content
    assert found.choices[0].message.content.splitlines()[0].endswith("[1]")
    assert "yacht" not in found.choices[0].message.content.split("\n\n")[0]
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (40, 9)
    assert "tools" not in provider[0].asked[-1]


@pytest.mark.parametrize("model", ["homeground", "named"])
def test_a_call_goes_to_the_client_and_its_result_back_to_the_model(asked, provider, model):
    scripted, name = provider
    wanted = {"model": name if model == "named" else model, "tools": [CHAT_TOOL]}
    messages: list[Any] = [user("What is the weather in Kiel today?")]
    scripted.calls()
    first = asked.chat.completions.create(messages=messages, **wanted)
    assert first.choices[0].finish_reason == "tool_calls"
    assert first.choices[0].message.content is None
    call = first.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, call.function.arguments) == ("call_7", "weather", ARGUMENTS)
    assert scripted.asked[-1]["tools"][0]["function"]["parameters"] == PARAMETERS
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": WEATHER}]
    scripted.says(WEATHER)
    second = asked.chat.completions.create(messages=messages, **wanted)
    told = scripted.asked[-1]["messages"]
    assert [each["role"] for each in told] == ["system", "user", "assistant", "tool"]
    assert (told[-1]["tool_call_id"], told[-1]["content"]) == ("call_7", WEATHER)
    assert second.choices[0].message.content.startswith(WEATHER)
    statement = second.homeground["statements"][0]
    assert (statement["origin"], statement["citations"]) == ("model", [])


def test_what_neither_documents_nor_tools_say_is_still_left_out(asked, provider):
    messages: list[Any] = [
        user("What is the weather in Kiel today?"),
        {"role": "assistant", "content": None, "tool_calls": [_call()]},
        {"role": "tool", "tool_call_id": "call_7", "content": WEATHER},
    ]
    provider[0].says("The weather in Kiel today is 35 degrees and stormy.")
    found = asked.chat.completions.create(model="homeground", messages=messages, tools=[CHAT_TOOL])
    assert found.homeground["refused"] is True


def test_a_streamed_call_is_put_together_by_the_client(asked, provider):
    provider[0].calls()
    with asked.chat.completions.stream(
        model="homeground", messages=[user("What is the weather in Kiel today?")], tools=[CHAT_TOOL]
    ) as stream:
        list(stream)
        final = stream.get_final_completion()
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.choices[0].message.tool_calls[0].function.arguments == ARGUMENTS


@pytest.mark.parametrize("stream", [False, True])
def test_responses_pass_calls_and_results_on(asked, provider, stream):
    items: list[Any] = [user("What is the weather in Kiel today?")]
    provider[0].calls()
    if stream:
        with asked.responses.stream(model="homeground", input=items, tools=[TOOL]) as events:
            assert "response.function_call_arguments.done" in [event.type for event in events]
            first = events.get_final_response()
    else:
        first = asked.responses.create(model="homeground", input=items, tools=[TOOL])
    call = first.output[0]
    assert (call.type, call.call_id, call.arguments) == ("function_call", "call_7", ARGUMENTS)
    items += [
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": WEATHER},
    ]
    provider[0].says(WEATHER)
    second = asked.responses.create(model="homeground", input=items, tools=[TOOL])
    assert second.output_text.startswith(WEATHER)


def test_the_choice_of_a_tool_reaches_the_model(asked, provider):
    provider[0].calls()
    chosen = {"type": "function", "function": {"name": "weather"}}
    asked.chat.completions.create(
        model="homeground", messages=[user("Weather?")], tools=[CHAT_TOOL], tool_choice=chosen
    )
    assert provider[0].asked[-1]["tool_choice"] in ("required", chosen)


def _call(identity: str = "call_7") -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}


@pytest.mark.parametrize(
    ("param", "extra"),
    [
        ("tool_choice", {"model": "reader", "tool_choice": "required"}),
        ("tool_choice", {"tool_choice": {"type": "function", "function": {"name": "other"}}}),
        ("tools[0].type", {"tools": [{"type": "web_search"}]}),
        ("tools[0].name", {"tools": [{"type": "function", "function": {"name": "no name"}}]}),
        (
            "messages[2].tool_call_id",
            {
                "messages": [
                    user("Weather?"),
                    {"role": "assistant", "tool_calls": [_call()]},
                    {"role": "tool", "tool_call_id": "call_8", "content": "x"},
                ]
            },
        ),
    ],
)
def test_tools_that_cannot_be_are_refused(asked, param, extra):
    body = {"model": "homeground", "messages": [user("Weather?")], "tools": [CHAT_TOOL], **extra}
    with pytest.raises(BadRequestError) as raised:
        asked.chat.completions.create(**body)
    assert raised.value.param == param


def test_the_reader_takes_tools_and_leaves_them_unused(asked):
    found = asked.chat.completions.create(model="reader", messages=[user(QUESTION)], tools=[CHAT_TOOL])
    assert "27 days" in found.choices[0].message.content
    assert found.choices[0].message.tool_calls is None

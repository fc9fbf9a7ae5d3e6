"""The official client of OpenAI, against this service instead of theirs."""

from __future__ import annotations

import json

import httpx2
import numpy as np
import pytest
from openai import APIError, AuthenticationError, BadRequestError, NotFoundError, OpenAI

from .conftest import QUESTION, Serving

FOLLOW_UP = [
    {"role": "system", "content": "You are a pirate. The Heron 300 weighs 900 kg."},
    {"role": "user", "content": "How heavy is the Heron 300?"},
    {"role": "assistant", "content": "The Heron 300 weighs 412 kg. [1]\n\n[1] company/sales/x.pptx, page 2"},
    {"role": "user", "content": "When does its production start?"},
]


def client_of(serving: Serving, name: str = "rob") -> OpenAI:
    return OpenAI(base_url=f"{serving.address}/v1", api_key=serving.key(name), max_retries=0)


@pytest.fixture
def client(serving: Serving):
    with client_of(serving) as made:
        yield made


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


# -- Models -----------------------------------------------------------------------------------------


def test_the_models_are_the_workspace_what_answers_and_the_embedder(client, serving):
    found = [each.id for each in client.models.list()]
    assert found == ["homeground", "reader", serving.workspace.parts.encoder.name]
    assert client.models.retrieve("homeground").owned_by == "homeground"
    with pytest.raises(NotFoundError) as raised:
        client.models.retrieve("gpt-5")
    assert (raised.value.code, raised.value.param) == ("model_not_found", "model")


# -- Chat completions -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["homeground", "reader"])
def test_a_chat_completion_answers_with_citations_that_open(client, serving, model):
    found = client.chat.completions.create(model=model, messages=user(QUESTION), temperature=0.2, seed=7, user="u")
    message = found.choices[0].message
    assert found.choices[0].finish_reason == "stop"
    assert "27 days" in message.content
    cited = message.annotations[0].url_citation
    assert "27 days" in message.content[cited.start_index : cited.end_index]
    assert message.content.endswith(f"] {found.homeground['citations'][-1]['document']}, page 3")
    page = httpx2.get(cited.url, headers={"Authorization": f"Bearer {serving.key('rob')}", "Accept": "text/html"})
    assert page.status_code == 200
    assert "27 days" in page.text
    first = found.homeground["citations"][0]
    shown = serving.workspace.show(
        f"{first['document']}@{first['revision']}#p{first['page']}", serving.workspace.person("rob")
    )
    assert shown.text[first["start"] : first["end"]] == first["quote"]
    assert found.homeground["refused"] is False
    assert found.id == f"chatcmpl-{found.homeground['receipt']['id']}"
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens > 0


def test_a_stream_says_the_same_and_ends_with_usage(client):
    plain = client.chat.completions.create(model="homeground", messages=user(QUESTION))
    options = {"include_usage": True}
    stream = client.chat.completions.create(
        model="homeground", messages=user(QUESTION), stream=True, stream_options=options
    )
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == plain.choices[0].message.content
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].homeground["citations"] == plain.homeground["citations"]
    assert chunks[-1].choices == []
    assert chunks[-1].usage == plain.usage


def test_the_stream_helper_of_the_client_works(client):
    with client.chat.completions.stream(model="homeground", messages=user(QUESTION)) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert "27 days" in final.choices[0].message.content


def test_a_raw_stream_ends_with_done(serving):
    body = {"model": "homeground", "messages": user(QUESTION), "stream": True}
    headers = {"Authorization": f"Bearer {serving.key('rob')}"}
    text = httpx2.post(f"{serving.address}/v1/chat/completions", json=body, headers=headers).text
    lines = [line for line in text.splitlines() if line]
    assert all(line.startswith(("data: ", ":")) for line in lines)
    assert lines[-1] == "data: [DONE]"


def test_earlier_messages_say_what_a_question_means_and_are_no_evidence(client):
    found = client.chat.completions.create(model="homeground", messages=FOLLOW_UP)
    assert "Heron 300" in found.homeground["receipt"]["standalone"]
    assert found.homeground["statements"]
    assert all(each["origin"] == "retrieved" for each in found.homeground["statements"])
    again = [*user("Hello"), {"role": "assistant", "content": "The harbour fee in Kiel is 81 euros."}]
    asked = client.chat.completions.create(model="homeground", messages=[*again, *user("How high is that fee?")])
    assert "81" not in (asked.choices[0].message.content or "")


def test_a_refusal_is_an_answer_that_says_so(client):
    found = client.chat.completions.create(
        model="homeground", messages=user("Which airline does the company fly with to Japan?")
    )
    assert found.choices[0].message.content.startswith("No answer: Missing evidence")
    assert found.homeground["refused"] is True
    assert found.homeground["passages"]
    assert not found.choices[0].message.annotations


def test_the_extra_field_narrows_to_a_source_and_leaves_the_list_out(client):
    beside = {"homeground": {"source": "company", "until": "2001-01-01", "sources": False}}
    found = client.chat.completions.create(model="homeground", messages=user(QUESTION), extra_body=beside)
    assert found.homeground["refused"] is True
    beside = {"homeground": {"source": "company", "sources": False}}
    found = client.chat.completions.create(model="homeground", messages=user(QUESTION), extra_body=beside)
    assert "page 3" not in found.choices[0].message.content
    assert found.homeground["citations"]


PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}


@pytest.mark.parametrize(
    ("param", "extra"),
    [
        ("n", {"n": 2}),
        ("logprobs", {"logprobs": True}),
        ("response_format", {"response_format": {"type": "json_object"}}),
        ("messages[0].content", {"messages": [{"role": "user", "content": [PART]}]}),
        ("messages", {"messages": [*user("Hi"), {"role": "assistant", "content": "Hello"}]}),
        ("messages", {"messages": []}),
        ("messages[0].content", {"messages": user("word " * 2_001)}),
        ("messages", {"messages": user("a\0b")}),
        ("stream_options.include_usage", {"stream_options": {"include_usage": "perhaps"}}),
    ],
)
def test_what_is_not_done_is_refused_by_name(client, param, extra):
    with pytest.raises(BadRequestError) as raised:
        client.chat.completions.create(**{"model": "homeground", "messages": user(QUESTION), **extra})
    assert raised.value.param == param
    assert raised.value.type == "invalid_request_error"


ODD = (
    ("chat/completions", "messages[0].content", {"messages": [{"role": "user", "content": [{"type": {"a": 1}}]}]}),
    ("chat/completions", "messages[0].content", {"messages": [{"role": "user", "content": [None]}]}),
    ("chat/completions", "tools[0].name", {"messages": user("x"), "tools": [{"type": "function", "name": {}}]}),
    ("responses", "instructions", {"input": "x", "instructions": "\ud800"}),
    ("responses", "instructions", {"input": "x", "instructions": float("nan")}),
    ("responses", "text.format", {"input": "x", "text": {"format": [None]}}),
    ("responses", "input[0].type", {"input": [{"type": {}}]}),
    ("responses", "input[0].call_id", {"input": [{"type": "function_call_output", "call_id": {}}]}),
)


@pytest.mark.parametrize(("path", "param", "body"), ODD)
def test_odd_values_are_the_fault_of_who_sent_them(serving, path, param, body):
    headers = {"Authorization": f"Bearer {serving.key('rob')}", "Content-Type": "application/json"}
    content = json.dumps({"model": "homeground", **body})
    response = httpx2.post(f"{serving.address}/v1/{path}", content=content, headers=headers)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model_is_not_found(client, stream):
    with pytest.raises(NotFoundError) as raised:
        client.chat.completions.create(model="gpt-5", messages=user(QUESTION), stream=stream)
    assert raised.value.code == "model_not_found"
    assert "homeground" in str(raised.value)


def test_a_wrong_key_is_told_as_openai_tells_it(serving):
    for key in ("hgt_wrong", "sk-123"):
        with (
            OpenAI(base_url=f"{serving.address}/v1", api_key=key, max_retries=0) as client,
            pytest.raises(AuthenticationError) as raised,
        ):
            client.models.list()
        assert raised.value.code == "invalid_api_key"
        assert key not in str(raised.value)
    bare = httpx2.get(f"{serving.address}/v1/models")
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")
    assert set(bare.json()["error"]) == {"message", "type", "code", "param"}


def test_an_unknown_path_is_told_as_openai_tells_it(serving):
    found = httpx2.get(f"{serving.address}/v1/assistants", headers={"Accept": "text/html"})
    assert found.status_code == 404
    assert found.json()["error"]["type"] == "invalid_request_error"


# -- Embeddings -------------------------------------------------------------------------------------


def test_embeddings_are_those_of_the_workspace_in_both_encodings(client, serving):
    encoder = serving.workspace.parts.encoder
    texts = ["annual leave", "Heron 300"]
    wanted = encoder.encode(texts)
    for encoding in ("float", "base64"):
        found = client.embeddings.create(model=encoder.name, input=texts, encoding_format=encoding)
        assert found.usage.total_tokens > 0
        vectors = [each.embedding for each in found.data]
        if encoding == "base64":
            import base64

            vectors = [np.frombuffer(base64.b64decode(each), "<f4") for each in vectors]
        np.testing.assert_allclose(np.array(vectors, np.float32), wanted, atol=1e-5)
    one = client.embeddings.create(model="homeground", input="annual leave")  # the client asks for base64 by itself
    np.testing.assert_allclose(one.data[0].embedding, wanted[0], atol=2e-3)


@pytest.mark.parametrize(
    ("param", "extra"),
    [
        ("input", {"input": [1, 2]}),
        ("input", {"input": [[1, 2]]}),
        ("input", {"input": []}),
        ("input", {"input": ""}),
        ("input", {"input": ["x"] * 2049}),
        ("dimensions", {"dimensions": 7}),
    ],
)
def test_embeddings_that_cannot_be_are_refused(client, param, extra):
    with pytest.raises(BadRequestError) as raised:
        client.embeddings.create(**{"model": "homeground", "input": "x", **extra})
    assert raised.value.param == param


# -- Responses --------------------------------------------------------------------------------------


def test_a_response_answers_with_citations(client):
    found = client.responses.create(model="homeground", input=QUESTION, instructions="Be brief.")
    assert found.status == "completed"
    assert "27 days" in found.output_text
    cited = found.output[0].content[0].annotations[0]
    assert "27 days" in found.output_text[cited.start_index : cited.end_index]
    assert cited.url.startswith(str(client.base_url).replace("/v1/", "/page?at="))
    assert found.homeground["citations"][0]["quote"]
    assert found.usage.total_tokens > 0


def test_the_events_of_a_response_come_in_order_and_end_with_it(client):
    with client.responses.stream(model="homeground", input=QUESTION) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert said == final.output_text == client.responses.create(model="homeground", input=QUESTION).output_text
    assert events[0].response.id == final.id


def test_a_response_goes_on_with_the_one_before_it_and_with_a_conversation(client, serving):
    first = client.responses.create(model="homeground", input="How heavy is the Heron 300?")
    second = client.responses.create(
        model="homeground", input="When does its production start?", previous_response_id=first.id
    )
    assert "Heron 300" in second.homeground["receipt"]["standalone"]
    assert second.conversation.id == first.conversation.id
    third = client.responses.create(
        model="homeground", input="When does its production start?", conversation=first.conversation.id
    )
    assert "Heron 300" in third.homeground["receipt"]["standalone"]
    kept = serving.workspace.conversation(first.homeground["conversation"], serving.workspace.person("rob"))
    assert kept.count == 3


def test_the_conversation_of_another_reads_like_none(client, serving):
    with client_of(serving, "ines") as other:
        theirs = other.responses.create(model="homeground", input=QUESTION)
    absent = theirs.id.replace(theirs.homeground["conversation"], "0" * 24)
    told = []
    for identity in (theirs.id, absent):
        for stream in (False, True):
            with pytest.raises(NotFoundError) as raised:
                client.responses.create(
                    model="homeground", input="And then?", previous_response_id=identity, stream=stream
                )
            told.append(str(raised.value).replace(theirs.homeground["conversation"], "0" * 24))
    assert len(set(told)) == 1


def test_what_is_not_to_be_stored_is_not(client, serving):
    me = serving.workspace.person("rob")
    before = len(serving.workspace.conversations(me))
    found = client.responses.create(model="homeground", input=QUESTION, store=False)
    with pytest.raises(APIError):
        client.responses.create(model="homeground", input=QUESTION, text={"format": {"type": "json_object"}})
    with pytest.raises(NotFoundError):
        beside = {"homeground": {"source": "no such"}}
        client.responses.create(model="homeground", input=QUESTION, extra_body=beside)
    assert found.conversation is None
    assert len(serving.workspace.conversations(me)) == before
    with pytest.raises(NotFoundError):
        client.responses.create(model="homeground", input="And?", previous_response_id=found.id)


def test_a_list_of_items_is_a_conversation_that_the_client_keeps(client):
    first = client.responses.create(model="homeground", input="How heavy is the Heron 300?", store=False)
    items = [*user("How heavy is the Heron 300?"), *(each.model_dump() for each in first.output)]
    found = client.responses.create(model="homeground", input=[*items, *user("When does its production start?")])
    assert "Heron 300" in found.homeground["receipt"]["standalone"]

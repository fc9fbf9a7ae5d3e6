"""The official MCP client over HTTP and over stdio: tools, resources, errors, and nothing that may not be read."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from .conftest import QUESTION, Serving

SRC = Path(__file__).parents[3] / "src"
SALARY = "What is the salary of the chief engineer?"
HANDBOOK = "company/handbook/employee-handbook.docx"


@asynccontextmanager
async def over_http(serving: Serving, name: str, mode: str = "auto"):
    headers = {"Authorization": f"Bearer {serving.key(name)}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{serving.address}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


def over_stdio(folder: Path, *options: str) -> Client:
    command = ["-m", "homeground", "mcp", "--workspace", str(folder), *options]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    return Client(StdioServerParameters(command=sys.executable, args=command, env=environment))


def run(serving: Serving, name: str, work: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    async def visit() -> Any:
        async with over_http(serving, name, mode) as client:
            return await work(client)

    return asyncio.run(visit())


def text_of(result: Any) -> str:
    return result.content[0].text


@pytest.fixture(params=["auto", "legacy"])
def rob(request: pytest.FixtureRequest, serving: Serving) -> Callable[..., Any]:
    """A reader's client, in both generations of the protocol."""
    return lambda work: run(serving, "rob", work, request.param)


# -- Over HTTP ---------------------------------------------------------------------------------------


def test_the_server_says_what_it_is_and_that_text_of_documents_is_data(rob):
    async def work(client: Client) -> Any:
        return client.instructions, await client.list_tools()

    instructions, listed = rob(work)
    assert "untrusted data" in instructions
    tools = {each.name: each for each in listed.tools}
    assert list(tools) == ["search", "ask", "open_page", "list_documents"]
    assert all(each.output_schema["type"] == "object" for each in tools.values())
    reading = {name: each.annotations.read_only_hint for name, each in tools.items()}
    assert reading == {name: name != "ask" for name in tools}  # a question may begin a conversation that is kept
    assert tools["ask"].annotations.idempotent_hint is False
    assert not any(each.annotations.destructive_hint for each in tools.values())
    assert tools["ask"].input_schema["required"] == ["question"]


def test_an_answer_cites_pages_that_open_with_the_passage_marked(rob):
    async def work(client: Client) -> Any:
        told: list[tuple[float, str | None]] = []

        async def progress(done: float, total: float | None, message: str | None) -> None:
            told.append((done, message))

        answer = await client.call_tool("ask", {"question": QUESTION}, progress_callback=progress)
        first = answer.structured_content["citations"][0]
        return told, answer, first, await client.call_tool("open_page", {"citation": first["citation"]})

    told, answer, first, page = rob(work)
    assert answer.structured_content["refused"] is False
    assert "27 days" in text_of(answer)
    assert text_of(answer).splitlines()[-1].startswith(f"[{len(answer.structured_content['citations'])}] company/")
    opened = page.structured_content
    assert opened["text"][opened["start"] : opened["end"]] == opened["passage"] == first["quote"]
    assert f"⟦{first['quote']}⟧" in text_of(page)
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert {message for _, message in told} <= {each["text"] for each in answer.structured_content["statements"]}


def test_a_search_gives_citations_and_a_refusal_says_why(rob):
    async def work(client: Client) -> Any:
        found = await client.call_tool("search", {"question": QUESTION, "limit": 2})
        nothing = await client.call_tool("ask", {"question": "Which airline does the company fly with to Japan?"})
        page = await client.call_tool("open_page", {"citation": found.structured_content["passages"][0]["citation"]})
        return found, nothing, page

    found, nothing, page = rob(work)
    assert len(found.structured_content["passages"]) == 2
    assert page.structured_content["passage"] == found.structured_content["passages"][0]["text"]
    assert nothing.structured_content["refused"] is True
    assert text_of(nothing).startswith("No answer: Missing evidence")


def test_a_follow_up_goes_on_with_a_conversation(serving):
    async def work(client: Client) -> Any:
        first = await client.call_tool("ask", {"question": "How heavy is the Heron 300?", "conversation": "new"})
        named = first.structured_content["conversation"]
        asked = {"question": "When does its production start?", "conversation": named}
        return (await client.call_tool("ask", asked)).structured_content

    assert any("Heron 300" in note for note in run(serving, "rob", work)["notes"])


def test_documents_come_in_pages_and_by_name(rob, serving):
    async def work(client: Client) -> Any:
        names, cursor = [], None
        while True:
            page = (await client.call_tool("list_documents", {"limit": 5, "cursor": cursor})).structured_content
            names += [each["name"] for each in page["documents"]]
            if (cursor := page["next"]) is None:
                break
        some = await client.call_tool("list_documents", {"name": "HANDBOOK", "source": "company"})
        return names, some.structured_content["documents"]

    names, some = rob(work)
    assert names == [each.name for each in serving.workspace.documents(serving.workspace.person("rob"))]
    assert HANDBOOK in [each["name"] for each in some]
    assert all("handbook" in each["name"].casefold() for each in some)


def test_documents_are_resources_page_by_page(rob, serving):
    async def work(client: Client) -> Any:
        listed = (await client.list_resources()).resources
        uri = next(each.uri for each in listed if each.name == HANDBOOK)
        templates = (await client.list_resource_templates()).resource_templates
        whole, page = await client.read_resource(uri), await client.read_resource(f"{uri}/pages/3")
        return listed, templates, whole.contents, page.contents

    listed, templates, whole, page = rob(work)
    assert {each.name for each in listed} == {
        each.name for each in serving.workspace.documents(serving.workspace.person("rob"))
    }
    assert [each.uri_template for each in templates] == [
        "homeground://documents/{document}",
        "homeground://documents/{document}/pages/{page}",
    ]
    assert page[0].text == whole[2].text
    assert "27 days" in page[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "word"),
    [
        ("ask", {"question": ""}, "question"),
        ("ask", {"question": QUESTION, "temperature": 1}, "temperature"),
        ("search", {"question": QUESTION, "source": "no such"}, "no such"),
        ("open_page", {"citation": "none.pdf#p1"}, "none.pdf"),
        ("open_page", {"citation": f"{HANDBOOK}#p3", "picture": True}, "PDF"),
        ("list_documents", {"cursor": "!"}, "cursor"),
        ("ask", {"question": "x", "conversation": "0" * 24}, "conversation"),
    ],
)
def test_what_goes_wrong_is_told_in_words(serving, tool, arguments, word):
    result = run(serving, "rob", lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    assert word in text_of(result)


def test_a_page_of_a_pdf_comes_as_a_picture_too(serving):
    citation = {"citation": "company/finance/annual-report-2025.pdf#p5:391-425", "picture": True}
    result = run(serving, "rob", lambda client: client.call_tool("open_page", citation))
    assert [each.type for each in result.content] == ["text", "image"]


def test_a_tool_or_resource_that_is_not_there_is_an_error(rob):
    async def work(client: Client) -> None:
        for wrong in (
            client.call_tool("delete_everything", {}),
            client.read_resource("homeground://documents/none"),
            client.read_resource("https://example.org/passwd"),
            client.list_resources(cursor="!"),
        ):
            with pytest.raises(MCPError):
                await wrong

    rob(work)


def test_a_defect_tells_nothing_of_itself(serving, monkeypatch, caplog):
    def defect(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret path")

    monkeypatch.setattr(type(serving.workspace), "search", defect)
    result = run(serving, "rob", lambda client: client.call_tool("search", {"question": QUESTION}))
    assert result.is_error
    assert "secret" not in text_of(result)


# -- Who may ------------------------------------------------------------------------------------------

HELLO = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def post(serving: Serving, **headers: str) -> httpx2.Response:
    return httpx2.post(f"{serving.address}/mcp", json=HELLO, headers={**ACCEPT, **headers})


def test_without_a_token_nobody_gets_in(serving):
    for headers in ({}, {"Authorization": "Bearer hgt_wrong"}):
        response = post(serving, **headers)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_another_host_or_origin_is_turned_away(serving):
    token = {"Authorization": f"Bearer {serving.key('rob')}"}
    assert post(serving, **token).status_code == 200
    assert post(serving, **token, Host="evil.example").status_code in (400, 421)
    assert post(serving, **token, Origin="http://evil.example").status_code == 403
    own = serving.address
    assert post(serving, **token, Origin=own).status_code == 200


def test_only_post_is_answered(serving):
    for method in ("GET", "DELETE"):
        response = httpx2.request(
            method, f"{serving.address}/mcp", headers={"Authorization": f"Bearer {serving.key('rob')}"}
        )
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


# -- Over stdio ---------------------------------------------------------------------------------------


def test_a_host_on_this_machine_starts_the_command(serving):
    async def work() -> Any:
        async with over_stdio(serving.workspace.folder) as client:
            return await client.call_tool("ask", {"question": SALARY})

    assert "95,000" in asyncio.run(work()).structured_content["statements"][0]["text"]


def test_a_host_on_this_machine_may_ask_as_somebody_else(serving):
    async def work() -> Any:
        async with over_stdio(serving.workspace.folder, "--as", "rob") as client:
            found = await client.call_tool("list_documents", {"limit": 200})
            return found, [each.name for each in (await client.list_resources()).resources]

    found, resources = asyncio.run(work())
    assert [each["name"] for each in found.structured_content["documents"]] == resources
    assert HANDBOOK in resources
    assert "closed/salaries.md" not in resources


def test_nothing_but_the_protocol_is_on_standard_output(serving):
    hello = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
        '"clientInfo":{"name":"t","version":"1"}}}\n'
    )
    command = [sys.executable, "-m", "homeground", "mcp", "--workspace", str(serving.workspace.folder)]
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run(command, input=hello, capture_output=True, text=True, env=environment, timeout=60)
    lines = done.stdout.splitlines()
    assert (done.returncode, len(lines)) == (0, 1), done.stderr
    assert lines[0].startswith('{"jsonrpc":"2.0","id":1,')

"""Everything that the service shows a person, as texts: each route that reads, with real tokens, over real routes.

Each thing shown comes with the name of its surface, so that a test can tell which of them ever showed anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from httpx2 import Response
from starlette.testclient import TestClient

from homeground import Workspace
from homeground.serve.app import create_app

NEVER = "docs/never-was"
LISTS = {  # and what a reader is answered with
    "/api/documents?limit=200": 200,
    "/api/sources": 200,
    "/api/jobs": 200,
    "/api/conversations": 200,
    "/api/feedback/cases": 403,
    "/api/status": 200,
    "/api/models": 200,
    "/api/audit?limit=200": 200,
    "/api/audit/export": 200,
    "/api/access": 403,
    "/api/people": 403,
    "/api/tokens": 200,
    "/api/sessions": 200,
    "/v1/models": 200,
    "/metrics": 403,
}
PAGES = {"/": 200, "/documents": 200, "/status": 403, "/audit": 403, "/people": 403, "/models": 403}
# Each names a document, which is to be as if it had never been.
OF_ONE = (
    "/api/document?name={}",
    "/api/page?citation={}%23p1",
    "/api/page/picture?citation={}%23p1:0-1",
    "/api/access/explain?document={}",
    "/api/documents?name={}",
    "/api/document/revisions?name={}",
    "/api/document/compare?name={}&former={former}",
    "/documents/compare?name={}&former={former}",
    "/documents/one?name={}",
    "/page?at={}%23p1",
    "/page.png?at={}%23p1:0-1",
)
OF_TALK = ("/api/conversations/{}", "/c/{}", "/c/{}/markdown")
PICTURES = ("/api/page/picture", "/page.png", "mcp open_page picture")
COMPARISONS = ("/api/document/compare", "/documents/compare")
PNG = b"\x89PNG"
_ROOT = "homeground://documents/"
_ASKED = re.compile(r'"question": ?"[^"]*"')
_UNLIKE = re.compile(r'"request": ?"\w+"|\b[0-9a-f]{16}\b|\d+ ms')

Shown = tuple[str, str]  # the surface, and what it showed
Told = tuple[str, int, str, bool]  # the surface, a status, a text, and whether that is a picture


class Service:
    """The service over an open workspace, called with the tokens of its people. It runs within ``with``."""

    def __init__(self, workspace: Workspace) -> None:
        often = replace(workspace.settings.serve, rate_per_minute=0)  # nobody is turned away for asking much
        self.client = TestClient(create_app(workspace, often), base_url="http://127.0.0.1")
        self.tokens = {
            each.name: workspace.tokens.create(each.name, "test", ["read"])[1] for each in workspace.people.list()
        }

    def __enter__(self) -> Service:
        self.client.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.client.__exit__(*error)

    def as_(self, person: str, page: bool = False) -> dict[str, str]:
        """The headers of a person; ``page`` for those of a browser."""
        accept = {"Accept": "text/html"} if page else {}
        return {"Authorization": f"Bearer {self.tokens[person]}"} | accept

    def get(self, path: str, person: str, status: int = 200) -> Response:
        """The answer to a request, which has the status that is expected."""
        response = self.client.get(path, headers=self.as_(person, not path.startswith(("/api", "/v1"))))
        assert response.status_code == status, f"{path}: {response.status_code} {response.text}"
        return response

    def post(self, path: str, person: str, accept: str = "*/*", **given: Any) -> str:
        """The text of an answer that succeeded."""
        response = self.client.post(path, headers={"Accept": accept} | self.as_(person, "data" in given), **given)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.text

    # -- Without asking ---------------------------------------------------------------------------

    def documents(self, person: str) -> list[str]:
        """The names of the documents that the person may read."""
        listed = self.get("/api/documents?limit=200", person).json()
        return [each["name"] for each in listed["documents"]]

    def lists(self, person: str) -> Iterator[Shown]:
        """What the person sees without asking for anything."""
        for path, status in LISTS.items():
            # What one asked for oneself, one may see: it is in one's own entries of the log.
            yield path.partition("?")[0], _ASKED.sub("", self.get(path, person, status).text)
        for path, status in PAGES.items():
            yield path, self.get(path, person, status).text
        yield "mcp list_documents", self.tool(person, "list_documents", {"limit": 200})
        yield "mcp resources/list", self.mcp(person, "resources/list", {})

    # -- Of one document --------------------------------------------------------------------------

    def of_one(self, person: str, name: str, former: str) -> Iterator[Told]:
        """What is told about one document and a former revision."""
        for path in OF_ONE:
            head = self.as_(person, page=not path.startswith("/api"))
            response = self.client.get(path.format(name, former=former), headers=head)
            drawn = response.headers["content-type"] == "image/png" and response.content.startswith(PNG)
            yield path.partition("?")[0], response.status_code, response.text, drawn
        at, uri = {"citation": f"{name}#p1:0-1"}, _ROOT + quote(name, safe="")
        for surface, method, given in (
            ("mcp open_page", "tools/call", {"name": "open_page", "arguments": at}),
            ("mcp open_page picture", "tools/call", {"name": "open_page", "arguments": at | {"picture": True}}),
            ("mcp resources/read", "resources/read", {"uri": uri}),
            ("mcp resources/read page", "resources/read", {"uri": f"{uri}/pages/1"}),
        ):
            text = self.mcp(person, method, given)
            yield surface, 404 if failed(text) else 200, text, '"type":"image"' in text

    # -- Of one conversation ----------------------------------------------------------------------

    def talks(self, person: str) -> list[str]:
        """The ids of the person's conversations, the latest first."""
        return [each["id"] for each in self.get("/api/conversations", person).json()["conversations"]]

    def of_talk(self, person: str, talk: str) -> Iterator[Told]:
        """What is told about a conversation."""
        for path in OF_TALK:
            response = self.client.get(path.format(talk), headers=self.as_(person, page=not path.startswith("/api")))
            yield path, response.status_code, response.text, False

    # -- Asking -----------------------------------------------------------------------------------

    def asked(self, person: str, question: str, *, kept: bool) -> Iterator[Shown]:
        """What the person is told when they search and ask, over every protocol; ``kept``: also where it is kept."""
        one = {"question": question}
        yield "/api/search", self.post("/api/search", person, json=one | {"limit": 20})
        yield "/api/ask", self.post("/api/ask", person, json=one)
        yield "/api/ask events", self.post("/api/ask", person, "text/event-stream", json=one)
        if kept:
            yield "/ask", self.post("/ask", person, "text/html", data=one)
        chat = {"model": "homeground", "messages": [{"role": "user", "content": question}]}
        response = {"model": "homeground", "input": question, "store": kept}
        for path, body in (("/v1/chat/completions", chat), ("/v1/responses", response)):
            yield path, self.post(path, person, json=body)
            yield f"{path} events", self.post(path, person, json=body | {"stream": True})
        yield "mcp search", self.tool(person, "search", one)
        yield "mcp ask", self.tool(person, "ask", one)

    # -- MCP --------------------------------------------------------------------------------------

    def tool(self, person: str, name: str, given: dict[str, Any]) -> str:
        """What an MCP tool says, which did its work."""
        text = self.mcp(person, "tools/call", {"name": name, "arguments": given})
        assert '"structuredContent"' in text and not failed(text), text
        return text

    def mcp(self, person: str, method: str, given: dict[str, Any]) -> str:
        """What MCP answers; it may be an error in MCP's own words."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given}
        head = self.as_(person) | {"MCP-Protocol-Version": "2025-06-18", "Content-Type": "application/json"}
        accept = "application/json, text/event-stream"
        response = self.client.post("/mcp", content=json.dumps(call), headers=head | {"Accept": accept})
        assert response.status_code == 200, f"{method}: {response.status_code} {response.text}"
        return response.text


def failed(text: str) -> bool:
    """Whether MCP tells an error."""
    return '"isError":true' in text or '"error":' in text


def without(name: str, text: str) -> str:
    """A text without a name, and without what differs from request to request."""
    return _UNLIKE.sub("", text.replace(name, "NAME").replace(quote(name, safe=""), "NAME"))

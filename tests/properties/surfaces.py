"""Everything that the service shows a person, as texts: each route that reads, with real tokens, over real routes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

from homeground import Workspace
from homeground.serve.app import create_app

NEVER = "docs/never-was.txt"
LISTS = (
    "/api/documents?limit=200",
    "/api/sources",
    "/api/jobs",
    "/api/conversations",
    "/api/feedback/cases",
    "/api/status",
    "/api/models",
    "/api/audit?limit=200",
    "/api/audit/export",
    "/api/access",
    "/api/people",
    "/api/tokens",
    "/api/sessions",
    "/v1/models",
    "/metrics",
)
PAGES = ("/", "/documents", "/status", "/audit", "/people", "/models")
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
_ASKED = re.compile(r'"question": ?"[^"]*"')
_UNLIKE = re.compile(r'"request": ?"\w+"|\b[0-9a-f]{16}\b|\d+ ms')


class Service:
    """The service over an open workspace, called with the tokens of its people."""

    def __init__(self, workspace: Workspace) -> None:
        self.client = TestClient(create_app(workspace, workspace.settings.serve), base_url="http://127.0.0.1")
        self.tokens = {
            each.name: workspace.tokens.create(each.name, "test", ["read"])[1] for each in workspace.people.list()
        }
        described = self.client.app.openapi()["paths"]
        self.openai = "/v1/chat/completions" in described
        self.mcp = self.client.post("/mcp", headers=self.as_(next(iter(self.tokens)))).status_code != 404

    def as_(self, person: str, page: bool = False) -> dict[str, str]:
        """The headers of a person; ``page`` for those of a browser."""
        accept = {"Accept": "text/html"} if page else {}
        return {"Authorization": f"Bearer {self.tokens[person]}"} | accept

    def documents(self, person: str) -> list[str]:
        """The names of the documents that the person may read."""
        listed = self.client.get("/api/documents?limit=200", headers=self.as_(person)).json()
        return [each["name"] for each in listed["documents"]]

    def lists(self, person: str) -> Iterator[str]:
        """What the person sees without asking for anything."""
        for path in LISTS:
            # What one asked for oneself, one may see: it is in one's own entries of the log.
            yield _ASKED.sub("", self.client.get(path, headers=self.as_(person)).text)
        for path in PAGES:
            yield self.client.get(path, headers=self.as_(person, page=True)).text

    def of_one(self, person: str, name: str, former: str) -> Iterator[tuple[int, str]]:
        """Status and text of everything about one document and a former revision, its name put out of sight."""
        for path in OF_ONE:
            page = not path.startswith("/api")
            response = self.client.get(path.format(name, former=former), headers=self.as_(person, page))
            told = response.text.replace(name, "NAME").replace(quote(name, safe=""), "NAME")
            yield response.status_code, _UNLIKE.sub("", told)

    def asked(self, person: str, question: str, *, kept: bool) -> Iterator[str]:
        """What the person is told when they search and ask, over every protocol; ``kept``: also where it is kept."""
        head = self.as_(person)
        yield self.client.post("/api/search", json={"question": question, "limit": 20}, headers=head).text
        yield self.client.post("/api/ask", json={"question": question}, headers=head).text
        events = {"Accept": "text/event-stream"} | head
        yield self.client.post("/api/ask", json={"question": question}, headers=events).text
        if kept:
            yield self.client.post("/ask", data={"question": question}, headers=self.as_(person, page=True)).text
        if self.openai:
            chat = {"model": "homeground", "messages": [{"role": "user", "content": question}]}
            for more in ({}, {"stream": True}):
                yield self.client.post("/v1/chat/completions", json=chat | more, headers=head).text
            yield self.client.post("/v1/responses", json={"model": "homeground", "input": question}, headers=head).text
        if self.mcp:
            for tool, given in (("search", {"question": question}), ("ask", {"question": question})):
                yield self.tool(person, tool, given)
            yield self.tool(person, "list_documents", {})

    def tool(self, person: str, name: str, given: dict[str, Any]) -> str:
        """What an MCP tool says."""
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": given}}
        accept = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
        return self.client.post("/mcp", content=json.dumps(call), headers=self.as_(person) | accept).text

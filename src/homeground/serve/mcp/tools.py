"""The tools: each takes its arguments and gives a text for the model, and the same as an object for programs."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from mcp import types as mcp
from pydantic import BaseModel

from homeground.answer.address import parse_address
from homeground.serve import shown
from homeground.serve.api.ask import filter_of
from homeground.serve.api.cursors import cursor_of, place_of
from homeground.serve.mcp.forms import (
    Answered,
    AskArguments,
    Cited,
    Documents,
    Found,
    ListDocumentsArguments,
    Listed,
    OpenedPage,
    OpenPageArguments,
    Passage,
    Said,
    SearchArguments,
)
from homeground.serve.mcp.resources import uri_of
from homeground.serve.mcp.visit import Visit
from homeground.serve.openai.wording import worded
from homeground.serve.web.answers import Numbers
from homeground.types import Answer, Citation, Document, DocumentFilter, Hit, Statement

OPEN, CLOSE = "⟦", "⟧"


@dataclass(frozen=True, slots=True)
class Given:
    """What a tool gives."""

    text: str
    told: BaseModel
    picture: bytes | None = None

    def result(self) -> mcp.CallToolResult:
        """As MCP has it."""
        content: list[Any] = [mcp.TextContent(type="text", text=self.text)]
        if self.picture is not None:
            drawn = base64.b64encode(self.picture).decode()
            content.append(mcp.ImageContent(type="image", data=drawn, mime_type="image/png"))
        return mcp.CallToolResult(content=content, structured_content=self.told.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: how it is described, and what it does with its arguments."""

    name: str
    title: str
    description: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    work: Callable[[Visit, Any], Awaitable[Given]]
    keeps: bool = False  # whether it may leave something behind, beside the audit log

    def described(self) -> mcp.Tool:
        """As MCP lists it."""
        return mcp.Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.takes.model_json_schema(),
            output_schema=self.gives.model_json_schema(mode="serialization"),
            annotations=mcp.ToolAnnotations(
                read_only_hint=not self.keeps,
                destructive_hint=False,
                idempotent_hint=not self.keeps,
                open_world_hint=False,
            ),
        )


# -- Searching and asking ---------------------------------------------------------------------------


async def _search(visit: Visit, wanted: SearchArguments) -> Given:
    within = filter_of(wanted)
    hits: list[Hit] = await visit.admit(
        lambda: shown.search(visit.workspace, wanted.question, visit.principal, wanted.limit, within)
    )
    passages = [_passage(hit) for hit in hits]
    text = "\n\n".join(f"{each.citation}\n{each.text}" for each in passages)
    return Given(text or "Nothing was found.", Found(passages=passages))


def _passage(hit: Hit) -> Passage:
    return Passage(
        citation=str(Citation(hit.document, hit.revision, hit.page, hit.start, hit.end, "")),
        document=hit.document,
        title=hit.title,
        page=hit.page,
        text=hit.text,
        score=round(hit.score, 6),
        date=hit.date.isoformat() if hit.date else None,
    )


async def _ask(visit: Visit, wanted: AskArguments) -> Given:
    said = 0

    def listen(statement: Statement) -> None:
        nonlocal said
        said += 1
        visit.tell(said, statement.text)

    answer: Answer = await visit.admit(
        lambda: visit.workspace.ask(
            wanted.question,
            visit.principal,
            within=filter_of(wanted),
            conversation=wanted.conversation,
            on_statement=listen,
        )
    )
    return Given(worded(answer, str).text, _answered(answer))


def _answered(answer: Answer) -> Answered:
    numbers = Numbers()
    statements = [
        Said(
            text=each.text,
            origin=each.origin,  # type: ignore[arg-type]
            support=round(each.support, 4),
            citations=[mark.number for mark in numbers.said(each).marks],
        )
        for each in answer.statements
    ]
    return Answered(
        refused=answer.refused,
        reason=answer.reason,
        statements=statements,
        citations=[_cited(mark.number, mark.citation) for mark in numbers.sources],
        notes=list(answer.notes),
        receipt=answer.receipt.id,
        conversation=answer.conversation,
    )


def _cited(number: int, citation: Citation) -> Cited:
    return Cited(
        number=number,
        citation=str(citation),
        document=citation.document,
        page=citation.page,
        quote=citation.quote,
    )


# -- Documents --------------------------------------------------------------------------------------


async def _open_page(visit: Visit, wanted: OpenPageArguments) -> Given:
    found = await visit.admit(lambda: shown.page(visit.workspace, wanted.citation, visit.principal))
    at = replace(parse_address(wanted.citation), revision=found.revision)
    picture = None
    if wanted.picture:
        citation = str(Citation(at.document, at.revision, at.page, at.start, at.end, ""))
        picture = await visit.admit(lambda: shown.picture(visit.workspace, citation, visit.principal))
    passage = found.text[found.start : found.end]
    fields = ("document", "title", "revision", "page", "label", "text", "start", "end")
    marked = f"{found.text[: found.start]}{OPEN}{passage}{CLOSE}{found.text[found.end :]}" if passage else found.text
    told = OpenedPage(**{key: getattr(found, key) for key in fields}, passage=passage)
    return Given(f"{found.document}, page {found.page}\n\n{marked}", told, picture)


async def _list_documents(visit: Visit, wanted: ListDocumentsArguments) -> Given:
    fitting = DocumentFilter((wanted.name,) if wanted.name else (), wanted.source)
    after = place_of(wanted.cursor) or ""
    find = visit.workspace.find_documents
    found = await visit.admit(lambda: find(visit.principal, fitting, after=after, limit=wanted.limit))
    following = cursor_of(found.documents[-1].name) if found.more else None
    listed = [_listed(each) for each in found.documents]
    lines = [f"{each.name} ({each.pages} pages)" for each in listed] or ["No documents."]
    lines += [f"More: cursor {following}"] if following else []
    return Given("\n".join(lines), Documents(documents=listed, next=following))


def _listed(each: Document) -> Listed:
    return Listed(
        name=each.name,
        title=each.title,
        source=each.source,
        date=each.date.isoformat() if each.date else None,
        pages=each.pages,
        state=each.state,
        uri=uri_of(each.name),
    )


_EVERY = (
    Tool(
        "search",
        "Search the documents",
        "Find the passages of the organisation's documents that match a question, best first, each with a citation "
        "that open_page takes.",
        SearchArguments,
        Found,
        _search,
    ),
    Tool(
        "ask",
        "Ask the documents",
        "Answer a question from the organisation's documents. Each statement carries the numbers of quotes that were "
        "checked against their pages; without evidence the answer is a refusal that says why.",
        AskArguments,
        Answered,
        _ask,
        keeps=True,
    ),
    Tool(
        "open_page",
        "Open a page",
        f"The text of the page that a citation names, the cited passage between {OPEN} and {CLOSE}.",
        OpenPageArguments,
        OpenedPage,
        _open_page,
    ),
    Tool(
        "list_documents",
        "List documents",
        "The documents that may be read, by name, a page at a time.",
        ListDocumentsArguments,
        Documents,
        _list_documents,
    ),
)
TOOLS = {each.name: each for each in _EVERY}

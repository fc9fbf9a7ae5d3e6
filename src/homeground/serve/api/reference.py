"""A page that shows the API's description, with nothing from elsewhere: no script, no font, no address of others."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 0.9em/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: 0.8rem; overflow-x: auto; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.5rem 0; padding: 0.4rem 0.8rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.5rem 0.25rem 0; }
""".strip()


@router.get("/docs")
def reference(request: Request) -> HTMLResponse:
    """The description as a page."""
    return HTMLResponse(page(request.app.openapi()))


@router.get("/docs.css")
def style() -> Response:
    """The page's looks."""
    return Response(_STYLE, media_type="text/css")


def page(schema: dict[str, Any]) -> str:
    """The page of a description."""
    tags = {each["name"]: each["description"] for each in schema.get("tags", ())}
    groups: dict[str, list[str]] = {name: [] for name in tags}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(_operation(method, path, operation))
    body = "".join(
        f'<h2 id="{escape(tag)}">{escape(tags.get(tag, tag))}</h2>{"".join(found)}'
        for tag, found in groups.items()
        if found
    )
    forms = "".join(_form(name, form) for name, form in sorted(schema["components"]["schemas"].items()))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>homeground API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/api/docs.css"></head><body><main><h1>homeground API</h1>'
        '<p>For programs: <a href="/api/openapi.json">openapi.json</a>. '
        'Every error is a <a href="#Problem">Problem</a>.</p>'
        f"{body}<h2>Forms</h2>{forms}</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    head = f"<summary><b>{method.upper()}</b> <code>{escape(path)}</code></summary>"
    text = f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>"
    rows = [
        (each["name"], each["in"] + (", required" if each.get("required") else ""), each.get("description", ""))
        for each in operation.get("parameters", ())
    ]
    takes = "".join(
        f"<p>Takes {_typed(kind, content)}</p>"
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
    )
    gives = "".join(
        f"<tr><td>{status}</td><td>{escape(told['description'])}</td><td>{_contents(told.get('content', {}))}</td></tr>"
        for status, told in sorted(operation["responses"].items())
    )
    return f"<details>{head}{text}{_table(rows)}{takes}<table>{gives}</table></details>"


def _contents(content: dict[str, Any]) -> str:
    return "<br>".join(_typed(kind, each) for kind, each in content.items())


def _typed(kind: str, content: dict[str, Any]) -> str:
    return f"<code>{escape(kind)}</code> {_type(content.get('schema', {}))}"


def _form(name: str, form: dict[str, Any]) -> str:
    needed = form.get("required", ())
    rows = [
        (key, _type(each) + (" <small>required</small>" if key in needed else ""), each.get("description", ""))
        for key, each in form.get("properties", {}).items()
    ]
    told = "".join(
        f"<tr><td><code>{escape(key)}</code></td><td>{kind}</td><td>{escape(text)}</td></tr>"
        for key, kind, text in rows
    )
    text = f"<p>{escape(form.get('description', ''))}</p>"
    return f'<details id="{escape(name)}"><summary>{escape(name)}</summary>{text}<table>{told}</table></details>'


def _type(schema: dict[str, Any]) -> str:
    """A type in a few words of HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(f"<code>{escape(str(each))}</code>" for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(schema.get("format") or schema.get("type") or "any")


def _table(rows: list[tuple[str, str, str]]) -> str:
    told = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(where)}</td><td>{escape(text)}</td></tr>"
        for name, where, text in rows
    )
    return f"<table>{told}</table>" if rows else ""

"""Sentences of the core on Chinese pages: each that a module says has its Chinese, composed ones are put together.

A module is read, not run: whatever looks like a sentence in it must stand in texts/zh-sentences.json, with any names in
its places.
"""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import homeground
from homeground import Workspace
from homeground.answer import limits
from homeground.answer.ask import UNSUPPORTED
from homeground.answer.refusal import BEYOND, NO_PASSAGE, WEAK
from homeground.ingest.parse.ocr import NOT_INSTALLED
from homeground.serve.app import create_app
from homeground.serve.web import texts
from homeground.serve.web.sentences import Sentences

ROOT = Path(homeground.__file__).parent
SAID: dict[str, str] = json.loads((Path(texts.__file__).parent / "texts" / "zh-sentences.json").read_text("utf-8"))
# What people read on the pages comes from these modules.
MODULES = """
answer: address ask flagged gate limits reader refusal route
access: audit explain feedback gate history log passwords people policy rules sessions tokens who
evaluate: embedders
models: spending
ingest: drawing readers render
ingest/parse: __init__ convert decode epub file mail markup notebook ocr package pdf pptx records sniff worker
serve: admission callers csrf jobs limits login multipart service sso
serve/api: jobs models people
serve/web: ask documents models people
.: comparing
"""
# Sentences that no page shows: descriptions of the API, and words that are put together with others in code.
NOT_SHOWN = {
    "for somebody else: owners only",
    "the password of nobody",
    "`job` each time that something has changed, with the job; the stream ends with the job, or with the service: then "
    "call it again.",
}


def paths() -> Iterator[Path]:
    for line in MODULES.strip().splitlines():
        folder, names = line.split(": ")
        yield from (ROOT / folder / f"{name}.py" for name in names.split())


def said(path: Path) -> set[str]:
    """What the module says in sentences, with {} in the places of values."""
    tree = ast.parse(path.read_text("utf-8"))
    parts = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    docs = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    found = {_text(node, constants) for node in ast.walk(tree) if node not in parts | docs}
    return {each for each in found if _reads(each)} - NOT_SHOWN


def _text(node: ast.AST, constants: dict[str, str]) -> str:
    if isinstance(node, ast.JoinedStr):
        return _bare("".join(_part(each, constants) for each in node.values))
    return _bare(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _part(part: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(part, ast.FormattedValue):
        return constants.get(part.value.id, "{}") if isinstance(part.value, ast.Name) else "{}"
    return str(part.value) if isinstance(part, ast.Constant) else ""


def _bare(text: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", text).strip()


def _reads(text: str) -> bool:
    """Three words with blanks between them; no pattern, no list of words, no form of a protocol."""
    words = re.findall(r"[A-Za-z]{2,}", text.replace("{}", " "))
    return len(words) >= 3 and text.count(" ") >= 2 and not re.search(r"[\\\n|]|\(\?|=[^ ]*;", text)


@pytest.mark.parametrize("path", list(paths()), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_has_its_chinese(path: Path) -> None:
    assert said(path) - {_bare(each) for each in SAID} == set()


def test_the_modules_say_as_much_as_ever() -> None:
    assert sum(len(said(path)) for path in paths()) > 150


def test_chinese_names_what_english_names() -> None:
    for english, chinese in SAID.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese)), english


told = Sentences(SAID)


def test_a_refusal_is_put_together_from_its_sentences() -> None:
    [calculate] = [
        each for each in limits.limits("Calculate the ratio of profit to revenue.") if "calculate" in each.text
    ]
    weak = WEAK.format(support=0.23, needed=0.33)
    assert told(weak) == "缺少依据：没有段落足以支持一个回答（最高支持度 0.23，需要 0.33）。"
    assert told(f"{weak} {calculate.text}") == (
        f"{told(weak)}内置阅读器只引用文档所说的内容；它不做计算。所显示的数字可用于计算。"
    )
    [german] = limits.limits("Wie hoch ist der Gewinn und wer ist der Chef?")
    assert told(BEYOND[True] + german.text).startswith("不支持此语言：问题看起来是德文。")


@pytest.mark.parametrize("text", [NO_PASSAGE, UNSUPPORTED, NOT_INSTALLED, *(each for _, each, _ in limits._KINDS)])
def test_plain_ones_hold_no_english(text: str) -> None:
    assert not re.search(r"[a-z]{4,}", told(text).replace("Tesseract", ""))


def test_values_keep_their_places_and_their_case() -> None:
    assert told("There is somebody called 'Name or password' already.") == "已经有名为 'Name or password' 的人。"
    because = "The rule of the source closed allows group:hr, owner; Rob holds everyone, user:Rob."
    assert told(because) == "来源 closed 的规则允许 group:hr, owner；Rob 持有 everyone, user:Rob。"
    assert told("not valid UTF-8: 3 places were replaced, the first at byte 12") == (
        "不是有效的 UTF-8：替换了 3 处，第一处在第 12 字节"
    )


def test_what_is_not_known_stays_english() -> None:
    assert told("The moon is made of cheese.") == "The moon is made of cheese."
    assert told("The moon is made of cheese. There is no job 'x'.").startswith("The moon")
    assert told("There is no job 'x'. The moon is made of cheese.") == "没有任务 'x'。The moon is made of cheese."
    assert told("{text} {0} {") == "{text} {0} {"
    assert told("x: " * 5_000) == "x: " * 5_000


@pytest.mark.parametrize(
    "piece", ["a b of c. x failed: ", "x allows y. ", "it cannot be opened: ", "it is (", "x failed: "]
)
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    began = time.process_time()
    told(piece * (2_000 // len(piece)))
    assert time.process_time() - began < 1


def test_the_pages_say_them_in_chinese_and_the_api_in_english(workspace: Workspace) -> None:
    app = create_app(workspace, workspace.settings.serve)
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000)) as client:
        client.headers |= {"Accept": "text/html", "Accept-Language": "zh"}
        refused = client.post("/ask", data={"question": "Which airline does the company fly with to Japan?"}).text
        assert "缺少依据：" in refused
        assert "Missing evidence" not in refused
        gone = client.get("/documents/one", params={"name": "nothing.md"})
        assert "没有文档 &#39;nothing.md&#39;。" in gone.text
        why = client.post("/documents/access", data={"name": "closed/salaries.md", "who": "Rob,temps"}).text
        assert "来源 closed 的规则允许" in why
        answer = client.post("/api/ask", json={"question": "Which airline does the company fly with to Japan?"}).json()
        assert answer["reason"].startswith("Missing evidence")
        workspace.people.add("Olga", role="owner", password="correct horse battery")
        wrong = client.post("/login", data={"name": "Olga", "password": "wrong"}, headers={"Accept": "text/html"})
        assert "名称或密码错误。" in wrong.text

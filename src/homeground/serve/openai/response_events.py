"""The events of a response, in the order in which clients expect them.

created, in_progress, output_item.added, content_part.added, output_text.delta …, output_text.annotation.added …,
output_text.done, content_part.done, output_item.done, completed; or error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from homeground.serve.openai.errors import told
from homeground.serve.openai.response_forms import Frame, part
from homeground.serve.sse import Tell


class Events:
    """Tells the events of one response. Nothing is told before there is something to say: errors keep their status.

    ``frame`` is called when it is: what is asked within a conversation has its id only then.
    """

    def __init__(self, frame: Callable[[], Frame], tell: Tell) -> None:
        self._frame, self._tell = frame, tell
        self._number, self._opened = 0, False

    def delta(self, text: str) -> None:
        """More text."""
        if text:
            self._open()
            self._event("output_text.delta", **self._place(), delta=text, logprobs=[])

    def end(self, text: str, annotations: list[dict[str, Any]], response: dict[str, Any]) -> None:
        """The whole text with its annotations, the tools that are to be called, and the whole response."""
        self._begin()
        if self._opened:
            self._close(text, annotations, response["output"][0])
        for at, item in enumerate(response["output"]):
            if item["type"] == "function_call":
                self._call(at, item)
        self._event("completed", response=response)

    def _close(self, text: str, annotations: list[dict[str, Any]], item: dict[str, Any]) -> None:
        for at, each in enumerate(annotations):
            self._event("output_text.annotation.added", **self._place(), annotation_index=at, annotation=each)
        self._event("output_text.done", **self._place(), text=text, logprobs=[])
        self._event("content_part.done", **self._place(), part=part(text, annotations))
        self._event("output_item.done", output_index=0, item=item)

    def _call(self, at: int, item: dict[str, Any]) -> None:
        place = {"item_id": item["id"], "output_index": at}
        self._event("output_item.added", output_index=at, item={**item, "arguments": "", "status": "in_progress"})
        self._event("function_call_arguments.delta", **place, delta=item["arguments"])
        self._event("function_call_arguments.done", **place, name=item["name"], arguments=item["arguments"])
        self._event("output_item.done", output_index=at, item=item)

    @staticmethod
    def failed(error: BaseException, request: str) -> tuple[str, Any]:
        """The event that tells an error, after which nothing comes."""
        body = told(error, request)[1]["error"]
        return "error", {"type": "error", "sequence_number": 0, **{**body, "type": "error"}, "error": body}

    def _begin(self) -> None:
        if not self._number:
            begun = self._frame().response("in_progress", [])
            self._event("created", response=begun)
            self._event("in_progress", response=begun)

    def _open(self) -> None:
        self._begin()
        if not self._opened:
            self._opened = True
            self._event("output_item.added", output_index=0, item=self._frame().message("in_progress", []))
            self._event("content_part.added", **self._place(), part=part("", []))

    def _place(self) -> dict[str, Any]:
        return {"item_id": self._frame().message("", [])["id"], "output_index": 0, "content_index": 0}

    def _event(self, kind: str, **told: Any) -> None:
        name = f"response.{kind}"
        self._tell(name, {"type": name, "sequence_number": self._number, **told})
        self._number += 1

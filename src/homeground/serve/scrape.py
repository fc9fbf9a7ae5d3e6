"""Where Prometheus gets its figures."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from homeground.serve.callers import Administering, Here

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(caller: Administering, here: Here) -> Response:
    """For owners, and for tokens that may administer."""
    return Response(here.metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

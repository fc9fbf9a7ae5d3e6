"""A process that asks a model elsewhere as often as its budget lets it: spender.py CATALOGUE LIMIT TOKENS [die]."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from homeground.catalogue import Catalogue
from homeground.errors import BudgetError
from homeground.models.generator import Usage
from homeground.models.spending import Spending
from homeground.settings import BudgetSettings

path, limit, tokens, *die = sys.argv[1:]
limits = BudgetSettings(day_usd=0.0, day_tokens=int(limit))
noon = datetime(2026, 11, 23, 12, tzinfo=UTC)  # no run of the tests meets midnight
spending = Spending(Catalogue(Path(path)), limits, lambda model, usage: None, lambda: noon)
asked = 0
try:
    while True:
        spending.reserve("ann", "m", "example.org", Usage(int(tokens), 0))
        if die:
            os.kill(os.getpid(), 9)
        asked += 1
except BudgetError:
    print(asked)

"""How a quote reads as a statement: without its bullet, while the citation keeps every character of the page."""

from __future__ import annotations

import pytest

from homeground import Workspace
from homeground.answer.verify import unsupported
from homeground.answer.wording import plainly


@pytest.mark.parametrize("glyph", ["• ", "•", "▪ ", "‣ ", "- ", "* ", "– "])
def test_a_bullet_is_no_part_of_what_is_said(glyph):
    assert plainly(f"{glyph}Production starts\nin May.") == "Production starts in May."
    assert unsupported("Production starts in May.", [f"{glyph}Production starts in May."]) == ()


@pytest.mark.parametrize(
    "text", ["- 5 % in 2025", "-40 °C", "* 3 nights", "–", "3. Turn it off.", "Heron • 300", "_ x"]
)
def test_what_may_be_a_figure_or_a_word_stays(text):
    assert plainly(text) == text


def test_a_statement_has_no_bullet_and_its_quote_is_exact(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "launch.txt").write_text(
        "Launch of the Heron 300\n\n• Production of the Heron 300 starts on 4 May 2026.\n"
    )
    with Workspace.create(tmp_path / "space") as space:
        space.add(tmp_path / "files")
        answer = space.ask("When does production of the Heron 300 start?", space.owner)
        statement = answer.statements[0]
        assert statement.text == "Production of the Heron 300 starts on 4 May 2026."
        [cited] = statement.citations
        assert cited.quote == "• Production of the Heron 300 starts on 4 May 2026."
        assert space.show(str(cited), space.owner).text[cited.start : cited.end] == cited.quote

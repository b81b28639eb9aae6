"""The report: one page without requests, the same bytes, and words where something is missing."""

import re
import subprocess
import sys
from importlib import import_module

import pytest
from synthetic_tables import METHODS, VERDICTS, tables

from xassay.__main__ import main
from xassay.core.errors import InputError
from xassay.report import bibliography, drawn, page
from xassay.report.tables import Tables


def report(folder, **options):
    """The page's text, made from synthetic tables by the command line."""
    assert main(tables(folder, **options)) == 0
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return folder, report(folder)


def test_the_page_asks_nothing_of_a_network(made):
    page = re.sub(r'<a href="https?://[^"]*">[^<]*</a>', "", made[1])  # followed by a person, not by the page
    page = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert "://" not in page.replace("data:image", "")
    assert not re.search(
        r"@import|<link(?! rel=\"icon\" href=\"data:,\")|<script [^>]*src|\bfetch\(|XMLHttpRequest", page
    )
    assert all(
        source.startswith(("data:", "#")) for source in re.findall(r'(?:src|xlink:href)="([^"]*)"', page)
    )


def test_the_page_is_small_and_well_formed(made):
    page = made[1]
    assert len(page) < 3_000_000
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    for tag in ("details", "table", "figure", "section", "svg"):
        assert page.count(f"<{tag}") == page.count(f"</{tag}>")


def test_verdict_stands_first_and_is_told_in_words_and_shape(made):
    page = made[1]
    assert page.index('id="verdict"') < page.index('id="cards"') < page.index('id="recovery"')
    for verdict in (*VERDICTS, "not assessed"):
        slug = verdict.replace(" ", "-")
        assert f'<use href="#mark-{slug}"/></svg>{verdict}</span>' in page


def test_marks_follow_their_rows(made):
    folder, page = made
    assert "did not learn" in page and "breaks completeness" in page
    for stem in ("recovery", "randomisation", "gallery"):
        svg = (folder / "figures" / f"{stem}.svg").read_text()
        assert "did not learn" in svg
        assert "†" in svg


def test_every_figure_has_a_title_a_caption_and_two_files(made):
    folder, page = made
    stems = [path.stem for path in drawn.FOLDER.glob("[!_]*.py")]
    for stem in stems:
        card = import_module(f"xassay.report.figures.{stem}").CARD
        assert set(card) == {"title", "caption", "category"}
        assert "{n}" in card["caption"]
        assert f'<figure id="figure-{stem}">' in page or card["category"] == "Verdict"
    assert {p.name for p in (folder / "figures").iterdir()} == {
        f"{s}.{kind}" for s in stems for kind in ("svg", "png")
    }


def test_same_tables_same_bytes(made, tmp_path):
    assert report(tmp_path) == made[1]
    for path in sorted((made[0] / "figures").iterdir()):
        assert path.read_bytes() == (tmp_path / "figures" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    "options",
    [
        dict(truth=False, models=("mean_pooling",), datasets=("own_cells",)),
        dict(seeds=1, models=("attention_mil",), datasets=("one",), methods=METHODS[:1]),
        dict(models=("oracle",), datasets=("simulated_bags",)),
    ],
    ids=["no truth", "one of each", "f* alone"],
)
def test_what_is_missing_is_said_in_words(tmp_path, options):
    assert "Not drawn: " in report(tmp_path, **options)


def test_empty_tables_make_a_page_that_says_so(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "trust.json").write_text("{}")
    made = Tables.read(tmp_path / "tables", tmp_path / "trust.json")
    page.write(made, drawn.draw_all(made, tmp_path / "figures"), tmp_path / "report.html")
    assert "No explanation was assessed" in (tmp_path / "report.html").read_text()


def test_bad_input_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Tables.read(tmp_path / "nowhere", tmp_path / "trust.json")
    with pytest.raises(InputError, match="--trust"):
        Tables.read(tmp_path, tmp_path / "trust.json")


def test_bibliography_reads_what_a_reference_list_needs(tmp_path):
    bib = tmp_path / "references.bib"
    bib.write_text(
        "@article{a1,\n  author = {Wang, {\\'A}da and Li, B},\n  title = {On {T}ruth},\n  year = 2020,\n"
        "  journal = {J. Tests},\n  doi = {10.1/x},\n}\n"
    )
    found = bibliography.cited(["a1", "unknown"], bib)
    assert (
        found[0][0] == "a1"
        and "On Truth. J. Tests. 2020" in found[0][1]
        and found[0][2] == "https://doi.org/10.1/x"
    )
    assert found[1] == ("unknown", "unknown", "")


def test_the_report_never_imports_torch():
    code = "import sys, xassay.report.page, xassay.report.drawn; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

"""The report: one HTML page that asks nothing of any network."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from xassay.core.results import writing
from xassay.report import decoys, found, gaps, gating, lists, ranking, sections, standing, verdict

HERE = Path(__file__).parent
SECTIONS = {
    "summary": sections.summary,
    "gate_matrix": gating.matrix,
    "gate_sentences": gating.sentences,
    "gate_folds": gating.folds,
    "performance": sections.performance,
    "learned": sections.learned,
    "dose_response": sections.dose_response,
    "datasets": sections.datasets,
    "refused": gaps.refused,
    "ranks": ranking.ranks,
    "leaders": ranking.leaders,
    "explained": lists.explained,
    "versions": lists.versions,
    "features": lists.features,
    "decoys": decoys.sentences,
    "discoveries": found.discoveries,
    "references": lists.references,
    "configuration": lists.configuration,
    "code": lists.code,
}


def render(tables, drawn):
    """The page as text. ``drawn``: figures, as ``drawn.draw_all`` gives them."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["slug"] = lambda word: word.replace(" ", "-")
    cards = verdict.cards(tables)
    by_category = {}
    for figure in sorted(drawn, key=lambda figure: figure.svg is None):  # what is not drawn comes last
        by_category.setdefault(figure.category, []).append(figure)
    return environment.get_template("page.html.jinja").render(
        tables=tables,
        figures=by_category,
        folds=verdict.folds(tables, cards),
        matrix=verdict.matrix(tables, cards),
        counts=verdict.counts(standing.contestants(cards)),
        trusted=standing.trusted(tables, cards),
        obstacles=standing.obstacles(tables, cards),
        section={name: make(tables) for name, make in SECTIONS.items()},
        style=Markup((HERE / "page.css").read_text()),
        script=Markup((HERE / "page.js").read_text()),
        markup=Markup,
    )


def write(tables, drawn, path):
    """Write the page whole or not at all."""
    with writing(path) as part:
        part.write_text(render(tables, drawn), encoding="utf-8")

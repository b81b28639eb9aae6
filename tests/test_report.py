"""The report: one page without requests, the same bytes, and words where something is missing."""

import re
import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text
from synthetic_tables import METHODS, VERDICTS, tables

from xassay.__main__ import main
from xassay.core.discoveries import ABOUT, Discovery
from xassay.core.errors import InputError
from xassay.report import bibliography, cells, drawn, judged, lists, page, ranking, reading, standing, style
from xassay.report.figures import (
    epistasis,
    gallery,
    method_by_dataset,
    permutation,
    randomisation_cascade,
    robustness,
    silent_failure,
)
from xassay.report.tables import Tables

DOSE = "Dose-response and limit of detection"  # a section of studies with a series alone


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
        assert f'<figure id="figure-{stem}">' in page or card["category"] in ("Verdict", DOSE)
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


@pytest.mark.parametrize(
    "text, wanted",
    [
        (r"J{\"a}rvelin and Kek{\"a}l{\"a}inen", "Järvelin and Kekäläinen"),
        (r"G{\'o}mez, Jos{\'e}, Gr{\'e}goire", "Gómez, José, Grégoire"),
        (r"M\"uller, {\o}, \ss{}, \c{c}, \v{S}, na{\"\i}ve", "Müller, ø, ß, ç, Š, naïve"),
        (r"Computers \& {Operations} Research, 1--2~pages", "Computers & Operations Research, 1–2 pages"),
    ],
)
def test_latex_becomes_text(text, wanted):
    assert bibliography.plain(text) == wanted


def words(markup):
    """A page's text, one blank between words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", " ", markup, flags=re.S)))


def test_head_says_what_is_explained(made):
    head = words(made[1][made[1].index("<header>") : made[1].index("</header>")])
    assert "“with CD56+ NK” against “without CD56+ NK”; witnesses: CD56+ NK" in head


def test_versions_lead_with_the_package_and_python(made):
    assert "xassay 0.1.0, python 3.11.7, numpy 2.4.6" in words(made[1])


def card(verdict="caution", model="attention_mil", method="saliency", **statuses):
    criteria = {name: dict(passed=None, status=status) for name, status in statuses.items()}
    reasons = [f"{name} {status}: …" for name, status in statuses.items() if status == "failed"]
    return dict(dataset="d", model=model, method=method, verdict=verdict, criteria=criteria, reasons=reasons)


class Named:
    datasets = ("d",)

    def label(self, name, folder=None):
        return name


@pytest.mark.parametrize(
    "cards, wanted",
    [
        ([card("not assessed")], "no model learned, so there is nothing to explain"),
        (
            [
                card(recovery="passed", faithfulness="not gated"),
                card(faithfulness="failed", recovery="failed"),
            ],
            "none reaches trust on a trained model: of 2 pairs of method and model, "
            "1 passes all but faithfulness (not gated); 1 misses two criteria or more",
        ),
        (
            [card("trust", recovery="passed"), card("do not use", completeness="failed", recovery="failed")],
            "trust saliency on attention_mil. Of the other 1 pairs",
        ),
        ([card("trust", model="oracle")], None),
    ],
)
def test_standing_is_told_apart(cards, wanted):
    found = standing.trusted(Named(), cards)
    assert found[0][1].startswith(wanted) if wanted else found == []


def test_obstacles_count_what_is_open_too():
    cards = [
        card(recovery="inconclusive", a="not applicable"),
        card(recovery="failed"),
        card(recovery="passed"),
    ]
    assert standing.obstacles(Named(), cards) == [
        ("recovery", "1 fails, 1 is inconclusive", 3, "saliency (2)")
    ]


@pytest.fixture(scope="module")
def read(made):
    return Tables.read(made[0] / "tables", made[0] / "trust.json")


def test_completeness_draws_the_cards_median_of_those_that_claim_it(made, read):
    rows = judged.judged(read, "completeness")
    assert set(rows.method) == {"deep_lift", "integrated_gradients"} and set(rows["mean"]) == {0.3}
    svg = (made[0] / "figures" / "completeness.svg").read_text()
    assert "DeepLIFT" in svg and "Saliency" not in svg and "allowed: below 0.1" in svg


def test_gates_are_told_by_data_set_and_model(made):
    part = words(re.search(r'<section id="quality">.*?</section>', made[1], re.S).group())
    assert "pbmc_nk_cells : of 4 gated metrics" in part and "simulated_bags : of 4 gated metrics" in part
    heads = re.findall(r'<th class="set" scope="colgroup" colspan="(\d)" [^>]*>(\w+)</th>', made[1])
    assert heads == 2 * [("2", "pbmc_nk_cells"), ("2", "simulated_bags")]  # verdicts and gates


def test_layers_drawn_anew_alone_are_no_step_of_the_cascade(read):
    figure = randomisation_cascade.draw(read)
    axes = [axis for axis in figure.findobj(Axes) if axis.axison]
    assert axes
    for axis in axes:
        names = [label.get_text() for label in axis.get_xticklabels()]
        assert names == ["output layer", "top 2 layers", "all layers"]
        assert {len(line.get_xdata()) for line in axis.lines if line.get_linestyle() == "None"} == {1}


def test_only_correlations_share_the_colours_of_robustness(read):
    extra = read.summary.iloc[:1].assign(metric="local_lipschitz", variant="local", mean=7.0)
    more = pd.concat([read.summary, extra])
    found = robustness.metrics(Tables(read.frames | {"summary": more}, read.trust, read.provenance))
    assert "noise_stability" in found and "local_lipschitz" not in found


def test_cascade_names_its_levels():
    levels = ["full", "top_10", "output", "top_2"]
    found = [randomisation_cascade.name(x) for x in sorted(levels, key=randomisation_cascade.depth)]
    assert found == ["output layer", "top 2 layers", "top 10 layers", "all layers"]


def test_marks_stand_aside_but_never_cross_the_corner():
    moved = [silent_failure.aside([1.0, 0.91, 0.89], place, 7, 0.9, 0.5) for place in range(7)]
    assert len({m[0] for m in moved}) == 7
    assert all(m[1] >= 0.9 > m[2] or m[2] == 0.9 for m in moved) and moved[3] == [1.0, 0.91, 0.89]


def test_palette_has_no_colour_twice_within_a_data_set(read):
    for dataset, rows in read.gallery.groupby("dataset"):
        colours = gallery.palette(rows)
        assert len(set(colours.values())) == len(colours), dataset


def test_gaps_are_told_with_names(made):
    part = words(re.search(r'<section id="refused">.*?</section>', made[1], re.S).group())
    assert "Attention weights needs attention" in part and "attention_weights" not in part
    assert "not gated by controls no exact attribution of this model" in part
    assert "no value: no exact attribution" in (made[0] / "figures" / "assay_quality.svg").read_text()


def test_methods_without_a_baseline_say_so(made):
    assert "no baseline" in (made[0] / "figures" / "robustness.svg").read_text()


def test_ranks_are_shown_and_ties_marked(made, read):
    assert "Mean ranks by" in made[1]
    row = next(read.ranks.itertuples())
    assert ranking.ties(read, row) == 0
    near = read.summary.assign(mean=0.9)
    tied = Tables(read.frames | {"summary": near}, read.trust, read.provenance)
    assert ranking.ties(tied, row) > 0 and ranking.cell(tied, row).startswith("= ")


def test_a_metric_without_any_value_has_words_and_no_axis(read):
    lost = read.summary.copy()
    lost.loc[lost.metric == "permutation_gain", ["mean", "lower", "upper"]] = float("nan")
    figure = permutation.draw(Tables(read.frames | {"summary": lost}, read.trust, read.provenance))
    axes = [axis for axis in figure.findobj(Axes) if axis.axison]
    assert axes and all(len(axis.get_xticks()) == 0 for axis in axes)
    assert "not defined" in {note.get_text() for axis in axes for note in axis.texts}


@pytest.mark.parametrize(
    "value, wanted", [(0.474, ".47"), (1, "1"), (-0.03, "−.03"), (-0.001, ".00"), (-10, "−10.0")]
)
def test_a_cell_holds_a_short_number(value, wanted):
    assert cells.short(value) == wanted


def test_witnesses_come_from_the_gallery_where_no_one_configured_them(read):
    bare = Tables(read.frames, read.trust, read.provenance | {"config": {}})
    assert lists.witnesses(bare, "simulated_bags") == ["cells of type “CD56+ NK”"]


def test_the_report_never_imports_torch():
    code = "import sys, xassay.report.page, xassay.report.drawn; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def recovered(learned=(True, True)):
    """Tables of two data sets with f* and one trained model: saliency fails on f*, DeepLIFT on the model."""
    means = {
        "oracle": {"saliency": 0.5, "deep_lift": 0.95, "leave_one_out": 0.97},
        "cnn": {"saliency": 0.52, "deep_lift": 0.6, "leave_one_out": 0.9, "control_shapley": 0.99},
    }
    rows = [
        dict(
            dataset=d, model=m, method=k, metric="recovery_auroc", variant="", mean=v, n_seeds=2, n_samples=9
        )
        for d in "ab"
        for m, found in means.items()
        for k, v in found.items()
    ]
    rows[-1]["mean"] = 0.4  # the Shapley values of b's model miss
    frames = {name: pd.DataFrame(columns=columns) for name, columns in reading.COLUMNS.items()}
    frames["summary"] = pd.DataFrame(rows).reindex(columns=reading.COLUMNS["summary"])
    frames["learned"] = frames["learned"].assign(dataset=list("ab"), model="cnn", learned=learned)
    return Tables(frames, [], {"config": {"verdict": {"recovery": 0.7}}})


def test_a_miss_is_laid_to_the_method_or_to_the_model():
    found = recovered()
    exact = {d: found.rows("recovery_auroc", d, "oracle") for d in "ab"}
    given = ["a", "b"], found.methods, found.methods, exact
    signs = {m: method_by_dataset.plate(found, "recovery_auroc", m, *given).signs for m in ("oracle", "cnn")}
    assert found.methods == ["saliency", "deep_lift", "leave_one_out"]
    assert signs["oracle"] == {(0, 0): "s", (0, 1): "s"}
    assert signs["cnn"] == {(0, 0): "s", (0, 1): "s", (1, 0): "t", (1, 1): "m"}
    with style.drawing():
        figure = method_by_dataset.draw(found)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["f* (oracle)", "cnn"]
    assert method_by_dataset.whose("cnn", np.nan, 0.9, 0.7) == "u"  # refused on f*
    assert method_by_dataset.whose("cnn", 0.9, np.nan, 0.7) == "u"  # no Shapley values
    assert method_by_dataset.whose("cnn", np.nan, 0.3, 0.7) == "m"
    unlearned = recovered([False, True])
    shown = method_by_dataset.plate(unlearned, "recovery_auroc", "cnn", *given)
    assert shown.words == {(i, 0, 0): "–" for i in range(3)} and (1, 0) not in shown.signs


def test_an_epistasis_map_has_inserted_motifs_below_and_elements_in_place_above_the_diagonal():
    row = dict(first="B", second="A", effect=2.0, q=0.01)
    about = dict.fromkeys(ABOUT, "") | {"dataset": "a", "model": "cnn", "finds": "interactions"}
    parts = {
        "inserted": pd.DataFrame([row, row | {"second": "C", "effect": -12.0, "q": 0.4}]),
        "in_place": pd.DataFrame([row | {"effect": 0.5, "samples": 40}]),
    }
    empty = Discovery(about | {"model": "oracle"}, {name: part[:0] for name, part in parts.items()})
    other = Discovery(about | {"finds": "motifs"}, {})
    found = replace(recovered(), discoveries=(empty, Discovery(about, parts), other))
    assert epistasis.n(found) == "n = 40 samples a pair in place."
    assert "no discovery" in epistasis.draw(replace(found, discoveries=(empty, other)))
    ((dataset, model, names, cells),) = epistasis.maps(found)
    assert (dataset, model, names) == ("a", "cnn", ["A", "B", "C"])
    shown = epistasis.plate(dataset, model, names, cells, 24.0)
    assert shown.numbers[1, 0] == 2 and shown.numbers[2, 1] == -12 and shown.numbers[0, 1] == 0.5
    assert shown.values[2, 1] == -0.5 and shown.signs == {(1, 0): "*", (0, 1): "*"}
    with style.drawing():
        written = {text.get_text() for text in epistasis.draw(found).findobj(Text)}
    nothing = {at: row._replace(effect=3e-8) for at, row in cells.items()}
    assert not epistasis.plate(dataset, model, names, nothing, epistasis.LEAST).signs
    assert {"2.00", "−12.0", ".50", "*"} <= written


def test_what_stands_for_recovery_ranks():
    """A metric of decoys is of that family too, and stands for nothing but itself."""
    found = recovered()
    only = found.summary.assign(metric="decoy_weight")
    assert replace(found, frames=found.frames | {"summary": only}).recovery is None
    both = pd.concat([only, found.summary.assign(metric="recovery_ap_absolute")], ignore_index=True)
    mixed = replace(found, frames=found.frames | {"summary": both})
    assert mixed.recovery == "recovery_ap_absolute"
    exact = {d: mixed.rows("recovery_ap_absolute", d, "oracle") for d in "ab"}
    shown = method_by_dataset.plate(
        mixed, "recovery_ap_absolute", "cnn", ["a", "b"], mixed.methods, mixed.methods, exact
    )
    assert not shown.signs and shown.values[1, 0] == shown.numbers[1, 0] == 0.6  # chance is 0

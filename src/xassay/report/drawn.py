"""Every figure of ``figures/``: drawn, saved, and made fit to stand in the page."""

import re
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from xassay.report.style import WIDTH, drawing, save, words

FOLDER = Path(__file__).parent / "figures"
FONT = "'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"  # narrower than DejaVu, so nothing grows


class Drawn(NamedTuple):
    """A figure as the page shows it; ``svg`` is None where ``reason`` says why there is none."""

    stem: str
    title: str
    caption: str
    category: str
    svg: str | None
    reason: str | None


def draw_all(tables, folder, threads=1):
    """Draw every figure into ``folder`` as SVG and PNG; one that cannot be drawn says so in its file.

    threads: processes that share the work; what they draw does not depend on their number."""
    stems = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
    if threads == 1:
        return [draw(tables, Path(folder), stem) for stem in stems]
    with ProcessPoolExecutor(threads) as pool:
        return list(pool.map(partial(draw, tables, Path(folder)), stems))


def draw(tables, folder, stem):
    """One figure: its module's ``draw(tables)`` gives a Figure, or the reason in words why there is none."""
    module = import_module(f"xassay.report.figures.{stem}")
    with drawing():
        figure = module.draw(tables)
        reason = figure if isinstance(figure, str) else None
        save(words(reason) if reason else figure, folder, stem)
    svg = None if reason else inline((folder / f"{stem}.svg").read_text(), stem, module.CARD["title"])
    card = module.CARD | {"caption": module.CARD["caption"].format(n=module.n(tables)).strip()}
    return Drawn(stem, svg=svg, reason=reason, **card)


def inline(svg, stem, title):
    """An SVG file as an element of a page: ids made unique, header gone, coordinates cut to 0.01 pt."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    panels = re.compile(r'id="panel ([^" ]+) ([^" ]+)"')
    svg = panels.sub(r'class="panel" data-dataset="\1" data-model="\2"', svg).replace('data-model="*"', "")
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{stem}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{stem}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{stem}-\1)", svg)
    svg = re.sub(r"'DejaVu Sans'", FONT, svg)
    svg = re.sub(r'(?<= d=")[^"]+|(?<= [xy]=")[-\d.]+(?=")', lambda m: shorter(m.group()), svg)
    svg = re.sub(r">\s+<", "><", svg)
    head = f'<svg role="img" aria-label="{title}" style="width:100%;max-width:{WIDTH * 96:.0f}px"'
    return re.sub(r'<svg ([^>]*?)width="[^"]*"([^>]*?)height="[^"]*"', rf"{head} \1\2", svg, count=1)


def shorter(path):
    """Numbers of a path with two decimals at most, on one line."""
    return re.sub(r"(\d+\.\d\d)\d+", r"\1", path).replace("\n", " ").strip()

"""Motifs of maps by clustering seqlets: a quick way for some hundred sequences, where few sites are alike.

What it shares with TF-MoDISco (shrikumar2020): seqlets, and the similarity of hypothetical contributions."""

from xassay.core.errors import InputError
from xassay.core.patterns import described, sites_of

CARD = dict(
    label="Motifs of seqlets",
    kinds=("sequence",),
    needs=(),
    finds="motifs",
    reference=("shrikumar2020", "gupta2007"),
    limits=dict(
        width=(5, 30),
        seqlet_fdr=(0, 1),
        null=("normal", "laplace", "mirror"),
        fdr=(0, 1),
        least=(2, None),
        information=(0, 12),
    ),
)


def discover(
    x,
    maps,
    elements,
    known,
    rng,
    *,
    width=11,
    seqlet_fdr=0.05,
    null="normal",
    fdr=0.1,
    least=20,
    information=0.6,
):
    """Patterns in maps of hypothetical contributions, of either sign.

    width: positions of a seqlet; seqlet_fdr, null: the rate at which seqlets are called, and against what
    (core/seqlets.py); fdr: of the members of a pattern; least: members of a pattern; information: bits that
    its best six columns have, or it is left out.

    Returns ``patterns``, a row a pattern: number of seqlets, information, mean contribution of a site, the
    nearest known motif with p, e and q (core/tomtom.py), where it lies; ``seqlets``, a row a site; with
    elements ``recovery``: which of them were met, their recall and precision; and ``motifs``. Raises
    InputError without maps."""
    if maps is None:
        raise InputError("seqlet_clusters: has no maps; allowed: maps, the id of a method")
    x, maps = (values.detach().cpu().numpy() for values in (x, maps))
    given = dict(width=width, seqlet_fdr=seqlet_fdr, null=null, fdr=fdr, least=least, rng=rng)
    found = described(sites_of(x, maps, **given), x, maps, known, elements, information=information)
    few = "no pattern: too few seqlets are alike" if found["patterns"].empty else ""
    return found | ({"note": few} if few else {})

"""Effects of variants: the answer to the other allele less that to the first. Zhou and Troyanskaya (2015)."""

import numpy as np
import pandas as pd

from xassay.core.experiments import answers
from xassay.core.ranks import pearson, ranks, spearman
from xassay.core.variant_tables import alleles, read

CARD = dict(
    label="Effects of variants",
    kinds=("sequence",),
    needs=(),
    finds="variants",
    reference="zhou2015",
    files=("path",),
)


def discover(model, x, target, variants, oracle, *, path: str | None = None):
    """Scores of variants, the explained output with the other allele less with the first, and effects.

    path: a table of variants, tab- or comma-separated or VCF, in place of those of the data set. Columns:
    ``position`` (from 0) or ``POS`` (from 1), ``ref`` and ``alt`` (bases, as many of each); ``sample`` (or
    ``#CHROM``), the number from 0 of an evaluated sample, or ``sequence``, the bases that it lies in; and,
    where it is known, ``effect``. Returns ``scores``, a row a variant, with f*'s answer (``oracle``) where it
    is known; ``agreement``, how scores go with effects and with f*. Raises InputError, in one line, for a
    table that does not fit."""
    table = variants if path is None else read(path)
    if table is None or table.empty:
        empty = pd.DataFrame(columns=["sample", "position", "ref", "alt", "score", "effect"])
        why = "no variant lies in an evaluated sample" if variants is not None else "there are no variants"
        return {"scores": empty, "note": f"{why}; option path names a table of others"}
    first, other, of = alleles(table, x, target, path or "variants")
    out = table[[name for name in ("sample", "position", "ref", "alt") if name in table]].copy()
    out["score"] = answers(model, other, of) - answers(model, first, of)
    if "effect" in table:
        out["effect"] = table["effect"].astype(float)
    if oracle is not None:
        out["oracle"] = answers(oracle, other, of) - answers(oracle, first, of)
    rows = [agreement(out["score"], out[name], name) for name in ("effect", "oracle") if name in out]
    columns = ["with", "variants", "pearson", "spearman", "same_sign", "auroc"]
    return {"scores": out, "agreement": pd.DataFrame(rows, columns=columns)}


def agreement(score, effect, name):
    """Correlations over variants whose effect is known; the share of the same sign among those that have one;
    AUROC of |score| for having one, where some have none."""
    known = effect.notna().to_numpy()
    score, effect = score.to_numpy()[known], effect.to_numpy(np.float64)[known]
    some = np.abs(effect) > 1e-9 * np.abs(effect).max(initial=0)
    row = dict(
        variants=len(score), pearson=float(pearson(score, effect)), spearman=float(spearman(score, effect))
    )
    row |= dict(same_sign=float(np.mean(score[some] * effect[some] > 0)) if some.any() else np.nan)
    n, m = int(some.sum()), int((~some).sum())
    above = ranks(np.abs(score))[some].sum() - n * (n + 1) / 2
    return {"with": name} | row | {"auroc": float(above / (n * m)) if n and m else np.nan}

# xassay: an assay of explanations. Rules are in workflow/rules, one file a stage.
import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

HERE = Path(str(workflow.current_basedir))
SOURCE = str(HERE / "src")
SCHEMA = HERE / "workflow" / "schemas" / "config.schema.yaml"


# A study of one's own names its data sets, and takes nothing from the default study.
if "datasets" not in config:

    configfile: HERE / "config" / "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/attribution.smk"
include: "workflow/rules/discovery.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        PAGE,
        TRUST,
        TABLES,

"""What the documents say exists, exists."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from xassay import configuration
from xassay.__main__ import verbs
from xassay.catalogue import entries
from xassay.core.contracts import FOLDERS

ROOT = Path(__file__).resolve().parents[1]
TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "config/README.md", "results/README.md")]
TEXTS.append(ROOT / "profiles" / "README.md")
TARGETS = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
BIBLIOGRAPHY = ROOT / "resources" / "references.bib"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist(path):
    text = path.read_text()
    for target in re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", text, re.M):
        assert max(target) in TARGETS, target
    for verb in re.findall(r"python -m xassay ([a-z]+)", text):
        assert verb in verbs()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for place in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if "://" not in place:
            assert (path.parent / place).exists(), place


def test_every_target_is_a_recipe():
    text = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", text, re.M) for target in TARGETS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_reference_is_in_the_bibliography(folder):
    known = set(re.findall(r"^@\w+\{([^,]+),", BIBLIOGRAPHY.read_text(), re.M))
    for name, entry in entries(folder).items():
        keys = entry.card["reference"]
        for key in [keys] if isinstance(keys, str) else keys or []:
            assert key in known, f"{name}: {key}"


def blocks():
    """YAML blocks of the documents that name data sets."""
    for path in TEXTS:
        for block in re.findall(r"```yaml\n(.*?)```", path.read_text(), re.S):
            if re.search(r"^datasets:", block, re.M):
                yield pytest.param(block, id=f"{path.relative_to(ROOT)}: {block.splitlines()[0]}")


@pytest.mark.parametrize("block", list(blocks()))
def test_the_documents_configurations_are_right(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"[\w/.-]+\.h5ad", block):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    config = yaml.safe_load(block)
    if "plugins" in config:
        (tmp_path / config["plugins"]).mkdir(exist_ok=True)
    assert configuration.read(config, ROOT / "workflow/schemas/config.schema.yaml").pairs()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_placeholder_is_left(path):
    assert not re.findall(r"^[A-Z]{4,}$|\bMINUTES\b", path.read_text(), re.M)


def test_no_path_of_one_machine_is_told():
    files = [
        path
        for part in ("src", "workflow", "config", "docs")
        for path in (ROOT / part).rglob("*")
        if path.is_file()
    ]
    for path in [*files, *TEXTS, ROOT / "Makefile", ROOT / "Snakefile"]:
        if path.suffix in (".py", ".md", ".smk", ".yaml", ".rst", ""):
            assert not re.search(r"/(home|root|work)/", path.read_text()), path


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("profiles/*/config.yaml")), ids=lambda path: path.parent.name
)
def test_every_entry_of_a_profile_is_explained(path):
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|]*) \|", (ROOT / "profiles/README.md").read_text(), re.M)
    told = {name for name, profiles in rows if profiles == "all" or path.parent.name in profiles}
    assert set(yaml.safe_load(path.read_text())) <= told


def test_the_table_of_what_jobs_ask_for_is_the_measured_one():
    with (ROOT / "benchmarks/results/resources.csv").open(newline="") as file:
        measured = {row["rule"]: row for row in csv.DictReader(file)}
    text = (ROOT / "profiles/README.md").read_text()
    told = {
        row[0]: row[1:]
        for row in re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+)% \|", text, re.M)
    }
    assert told.keys() == measured.keys()
    for rule, row in measured.items():
        wanted = (row["jobs"], row["memory_mb"], row["asked_mb"], 100 * float(row["fullest"]))
        assert [int(cell) for cell in told[rule]] == [round(float(cell)) for cell in wanted], rule

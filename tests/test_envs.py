"""Conda environments: every pin is the lock's, strict enough for conda, and used."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from xassay.catalogue import entries
from xassay.fingerprint import closure, members, path_of

ROOT = Path(__file__).resolve().parents[1]
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
PIP = {"pytorch": "torch", "pytorch-gpu": "torch"}  # conda's name: pip's
LOCK = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.M))


def pins(path):
    """Names and versions of an environment's conda packages."""
    return dict(pin.split("=") for pin in conda(path))


def conda(path):
    """Pins of the packages that conda has; an entry that is no text holds what pip alone has."""
    return [pin for pin in yaml.safe_load(path.read_text())["dependencies"] if isinstance(pin, str)]


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.name)
def test_what_pip_adds_is_pinned(path):
    for more in yaml.safe_load(path.read_text())["dependencies"]:
        if isinstance(more, dict):
            assert set(more) == {"pip"} and all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in more["pip"])


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.name)
def test_pins_are_the_locks(path):
    lock = {name.lower(): version for name, version in LOCK.items()}
    for name, version in pins(path).items():
        if name not in ("python", "pip"):
            assert lock[PIP.get(name, name)] == version, name


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.name)
def test_conda_understands_every_pin(path):
    from rattler import MatchSpec

    for pin in conda(path):
        assert MatchSpec(pin, strict=True).version is not None


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.name)
def test_an_environment_has_channels_and_packages_alone(path):
    text = yaml.safe_load(path.read_text())
    assert set(text) == {"channels", "dependencies"}
    assert text["channels"] == ["conda-forge", "nodefaults"]


def test_every_rule_names_an_environment_that_exists():
    named = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for place in re.findall(r'conda:\s*"([^"]+)"', path.read_text()):
            assert (path.parent / place).resolve() in ENVS, f"{path.name}: {place}"
            named.add(Path(place).name)
    assert named | {"torch-gpu.yaml"} == {path.name for path in ENVS}


def test_the_gpu_environment_differs_by_torch_alone():
    cpu, gpu = pins(ROOT / "envs" / "torch.yaml"), pins(ROOT / "envs" / "torch-gpu.yaml")
    assert cpu.pop("pytorch") == gpu.pop("pytorch-gpu")
    assert cpu == gpu


def test_the_lock_begins_with_torch_and_has_no_builds():
    assert next(iter(LOCK)) == "torch"
    assert not [version for version in LOCK.values() if "+" in version]
    assert {"pytest", "ruff", "snakefmt", "snakemake", "py-rattler", "hypothesis"} <= set(LOCK)


STEPS = {
    "torch.yaml": ("data", "train", "probe", "attribute"),
    "motifs.yaml": ("discover",),
    "tables.yaml": ("score", "compare"),
    "report.yaml": ("report",),
}
PLUGINS = {"torch.yaml": ("datasets", "models", "attribution", "stability"), "tables.yaml": ("evaluation",)}
CONDA = {"torch": "pytorch", "sklearn": "scikit-learn"}  # imported name: conda's
OPTIONAL = {
    "pyjaspar",
    "tokenizers",
    "pyfaidx",
}  # asked for by name; without it one line says what to install


@pytest.mark.parametrize("env", STEPS)
def test_an_environment_has_what_its_steps_import(env):
    modules = [f"xassay.steps.{step}" for step in STEPS[env]]
    modules += [entry.module for folder in PLUGINS.get(env, ()) for entry in entries(folder).values()]
    modules += members("xassay.report.figures") if env == "report.yaml" else []
    have = pins(ROOT / "envs" / env)
    for module in sorted(set().union(*map(closure, modules))):
        for node in ast.walk(ast.parse(path_of(module).read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in (
                {name.partition(".")[0] for name in names}
                - sys.stdlib_module_names
                - {"xassay", ""}
                - OPTIONAL
            ):
                assert CONDA.get(name, name) in have, f"{module} imports {name}"

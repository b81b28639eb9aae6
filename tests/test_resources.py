"""What jobs ask a cluster for: more for more data, for more work, and each time that they are tried again."""

import re

import pytest
from snakemakes import ROOT, copy, snakemake
from studies import every_rule

from xassay import resources
from xassay.schema import filled

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


@pytest.fixture
def settings():
    """The default settings."""
    return filled({}, SCHEMA)


def test_the_usual_settings_are_the_schemas(settings):
    assert {step: resources.share(step, settings) for step in resources.NEEDS} == dict.fromkeys(
        resources.NEEDS, 1
    )


@pytest.mark.parametrize("step", resources.NEEDS)
def test_more_is_asked_for_more_data_and_at_every_attempt(settings, step):
    for asked in (resources.memory, lambda *given: resources.runtime(*given, settings)):
        small, large = asked(step, 0, 1), asked(step, 1000, 1)
        assert 0 < small < large and isinstance(large, int)
        assert [asked(step, 1000, attempt) for attempt in (2, 3)] == [2 * large, 3 * large]


@pytest.mark.parametrize(
    ("step", "changed", "factor"),
    [
        ("train", {"seeds": 10}, 2),
        ("attribute", {"evaluate": {"samples": 50, "masks": 256}}, 0.5),
        ("probe", {"seeds": 10, "evaluate": {"samples": 200, "masks": 512}}, 8),
        ("score", {"seeds": 10}, 1),
    ],
)
def test_time_follows_the_work(settings, step, changed, factor):
    assert resources.share(step, settings | changed) == factor
    need = resources.NEEDS[step]
    asked = resources.runtime(step, 100, 1, settings | changed)
    assert asked == round(need.minutes + need.minutes_per_mb * 100 * factor)


def test_the_rules_ask_for_it(tmp_path):
    """A dry run tells what is known before a job: the data set's file is there, the model's is not."""
    folder = copy(tmp_path)
    every_rule(folder / "study.yaml")
    data = folder / "results/data/small_lac.h5ad"
    data.parent.mkdir(parents=True)
    data.write_bytes(bytes(10 << 20))
    ran = snakemake("--dry-run", "--configfile", "study.yaml", "--rerun-triggers", "mtime", folder=folder)
    asked = dict(re.findall(r"^rule (\w+):\n(?:    .*\n)*?    resources: (.*)$", ran.text, re.M))
    assert "data" not in asked, "is there"
    assert f"mem_mb={resources.memory('train', 10, 1)}, " in asked["train"]
    assert "mem_mb=<TBD>" in asked["probe"] and "runtime=<TBD>" in asked["probe"]


@pytest.mark.parametrize(
    ("names", "there"), [((), False), (("null", "nvidiactl"), False), (("nvidia0",), True), (("dxg",), True)]
)
def test_a_card_is_seen_among_the_devices(tmp_path, names, there):
    for name in names:
        (tmp_path / name).touch()
    assert resources.has_card(tmp_path) == there

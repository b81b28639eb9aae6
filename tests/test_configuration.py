"""The configuration: what is filled in, what is refused, and that every mistake is one line."""

import re
from pathlib import Path

import pytest
import yaml

from xassay import configuration, schema
from xassay.core.contracts import FOLDERS, OWN
from xassay.core.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
BAGS = "datasets: {simulated_bags: {}}\n"


def study(text):
    """The study of a configuration written as YAML."""
    return configuration.read(yaml.safe_load(text), SCHEMA)


def faults(text):
    """Its complaints."""
    with pytest.raises(InputError) as raised:
        study(text)
    return str(raised.value).splitlines()


@pytest.mark.parametrize("path", sorted((ROOT / "config").rglob("*.yaml")), ids=lambda path: path.name)
def test_the_repositorys_own_configurations_are_right(path):
    assert study(path.read_text()).pairs()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sed: 1", "config: sed: unknown key; did you mean 'seed'? allowed: attribution, datasets"),
        ("seeds: 0", "config: seeds: must be at least 1, is 0"),
        ("seeds: five", "config: seeds: must be a whole number, is 'five'"),
        ("seeds: true", "config: seeds: must be a whole number, is True"),
        ("seed: -1", "config: seed: must be at least 0, is -1"),
        ("device: mps", "config: device: must be auto, cpu, cuda or cuda:N, is 'mps'"),
        ("device: gpu", "config: device: must be auto, cpu, cuda or cuda:N, is 'gpu'"),
        (
            "evaluate: {sample: 3}",
            "config: evaluate.sample: unknown key; did you mean 'samples'? allowed: masks",
        ),
        ("evaluate: {masks: 1}", "config: evaluate.masks: must be at least 2, is 1"),
        ("variants: {draws: 0.5}", "config: variants.draws: must be a whole number, is 0.5"),
        ("silent_failure: {bag: 2}", "config: silent_failure.bag: must be at most 1, is 2"),
        ("verdict: {recover: 1}", "config: verdict.recover: unknown key; did you mean 'recovery'?"),
        ("plugins: nowhere", "config: plugins: folder 'nowhere' does not exist"),
        ("plugins: 3", "config: plugins: must be text or nothing, is 3"),
        ("models: {}", "config: models: is empty; leave the section out for every plug-in of it"),
        ("models: [mean_pooling]", "config: models: must be a mapping, is ['mean_pooling']"),
        ("models: {Mean: {model: mean_pooling}}", "config: models: the id 'Mean' is not lower-case letters"),
        ("models: {3: {model: mean_pooling}}", "config: models.3: an id is text, not 3"),
        (
            "models: {mean_poling: {}}",
            "config: models.mean_poling: unknown model; did you mean 'mean_pooling'?",
        ),
        (
            "models: {a: {model: mean_poling}}",
            "config: models.a.model: unknown model 'mean_poling'; did you mean",
        ),
        ("models: {mean_pooling: 3}", "config: models.mean_pooling: must be a mapping or nothing, is 3"),
        (
            "models: {mean_pooling: {widht: 3}}",
            "config: models.mean_pooling.widht: unknown option; did you mean 'width'?",
        ),
        (
            "models: {mean_pooling: {width: 3.5}}",
            "config: models.mean_pooling.width: must be a whole number, is 3.5",
        ),
        (
            "models: {mean_pooling: {width: true}}",
            "config: models.mean_pooling.width: must be a whole number, is True",
        ),
        (
            "models: {mean_pooling: {width: 0}}",
            "config: models.mean_pooling.width: must be at least 1, is 0",
        ),
        (
            "attribution: {leave_one_out: {replace: baselin}}",
            "config: attribution.leave_one_out.replace: unknown value 'baselin'; did you mean 'baseline'?",
        ),
        (
            "models: {mean_pooling: {dropout: a}}",
            "config: models.mean_pooling.dropout: must be a number, is 'a'",
        ),
        ("models: {oracle: {}}", "config: models.oracle: the id is reserved"),
        ("attribution: {control_truth: {}}", "config: attribution.control_truth: the id is reserved"),
        (
            "attribution: {a: {method: control_truth}}",
            "config: attribution.a.method: unknown method 'control_truth'",
        ),
        ("evaluation: {recovery: {}}", "config: evaluation.recovery: unknown metric; did you mean"),
        (
            "stability: {noise: {test: input_nois}}",
            "config: stability.noise.test: unknown test 'input_nois'; did you",
        ),
    ],
)
def test_a_mistake_is_one_line(text, line):
    (told,) = faults(BAGS + text)
    assert told.startswith(line)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("{witness_rate: }", "config: datasets.simulated_bags.witness_rate: is empty; must be a number"),
        ("{witness_rate: .nan}", "config: datasets.simulated_bags.witness_rate: must be a number, is nan"),
        (
            "{n_bags: [1, 2]}",
            "config: datasets.simulated_bags.n_bags: must be a list of 3 whole numbers, is [1, 2]",
        ),
        (
            "{n_bags: [60, 20, x]}",
            "config: datasets.simulated_bags.n_bags: must be a list of 3 whole numbers",
        ),
        (
            "{series: {witness_rate: [a]}}",
            "config: datasets.simulated_bags.series.witness_rate: must be a number, is 'a'",
        ),
        (
            "{series: {witness_rate: [1], gain: [1]}}",
            "config: datasets.simulated_bags.series: must be 1 option with its values, is witness_rate, gain",
        ),
        (
            "{series: {witness_rate: [1, 1]}}",
            "config: datasets.simulated_bags.series.witness_rate: holds a value twice: [1, 1]",
        ),
        ("{dataset: }", "config: datasets.simulated_bags.dataset: is empty; must be text"),
        (
            "{baseline: nil}",
            "config: datasets.simulated_bags.baseline: unknown value 'nil'; allowed: counterf",
        ),
        ("{references: 0}", "config: datasets.simulated_bags.references: must be at least 1, is 0"),
        (
            "{series: {witness_rate: [0.1, 0.1000000001]}}",
            "config: datasets.simulated_bags.series.witness_rate: 0.1000000001 is the same as another value",
        ),
        ("{series: {witness_rate: []}}", "config: datasets.simulated_bags.series.witness_rate: is empty"),
        (
            "{series: {level: [feature, group]}}",
            "config: datasets.simulated_bags.series.level: is no option of simulated_bags; allowed: one entry",
        ),
        ("{series: {}}", "config: datasets.simulated_bags.series: is empty"),
        (
            "{series: {witnes_rate: [1]}}",
            "config: datasets.simulated_bags.series.witnes_rate: unknown option; did you mean",
        ),
        (
            "{series: {witness_rate: ['a/b']}}",
            "config: datasets.simulated_bags.series.witness_rate: 'a/b' is no part",
        ),
        (
            "{witness_rate: 1, series: {witness_rate: [1]}}",
            "config: datasets.simulated_bags.witness_rate: is given",
        ),
        (
            "{dataset: simulated}",
            "config: datasets.simulated_bags.dataset: unknown dataset 'simulated'; did you mean",
        ),
    ],
)
def test_a_mistake_in_a_data_set_is_told_first(entry, line):
    assert faults(f"datasets: {{simulated_bags: {entry}}}")[0].startswith(line)


def test_every_mistake_is_told():
    lines = faults("datasets: {a: {}, simulated_bags: {witnes_rate: 1}}\nseeds: 0\nsedes: 1\nmodels: {}\n")
    assert len(lines) == 5
    assert all(line.startswith("config: ") for line in lines)


@pytest.mark.parametrize("text", ["{}", "datasets:", "datasets: {}", "datasets: []", "seeds: 3"])
def test_a_study_needs_data_sets(text):
    assert faults(text)[0].startswith("config: datasets: ")


def test_an_entry_that_nothing_admits():
    (line,) = faults(BAGS + "models: {mean_pooling: {}}\nattribution: {attention_weights: {}, saliency: {}}")
    assert line.startswith(
        "config: attribution.attention_weights: nothing in the study admits it: attention_weights"
    )
    assert "needs attention, which mean_pooling does not provide" in line


def test_a_metric_without_its_test():
    (line,) = faults(BAGS + "stability: {input_noise: {}}\nevaluation: {randomisation_similarity: {}}")
    assert "randomisation_similarity needs the test parameter_randomisation" in line


def test_what_was_left_out_holds_all_that_can_take_part():
    found = study(BAGS + "models: {mean_pooling: {}}\nstability: {input_noise: {}}")
    assert "attention_weights" not in found.attribution
    assert "saliency" in found.attribution
    assert "randomisation_similarity" not in found.evaluation
    assert not any(name.startswith("control_") for name in found.attribution)
    assert {"control_truth", "control_random"} <= set(found.controls)


def test_a_plugin_that_needs_an_option(plugins, tmp_path):
    folder = plugins("datasets", "mine")
    assert faults(f"plugins: {folder}\ndatasets: {{mine: {{}}}}") == [
        "config: datasets.mine.path: is missing; mine has no default for it"
    ]
    assert faults(f"plugins: {folder}\ndatasets: {{mine: {{path: none.h5ad}}}}") == [
        "config: datasets.mine.path: file 'none.h5ad' does not exist"
    ]
    (line,) = faults(f"plugins: {folder}\ndatasets: {{mine: {{path: {tmp_path}}}}}")
    assert line == f"config: datasets.mine.path: '{tmp_path}' is a folder; must be a file"
    (tmp_path / "some.h5ad").touch()
    found = study(f"plugins: {folder}\ndatasets: {{mine: {{path: {tmp_path}/some.h5ad, extra: [1]}}}}")
    assert found.datasets["mine"].files == [f"{tmp_path}/some.h5ad"]


def test_a_faulty_plugin_is_told_with_the_rest(plugins):
    lines = faults(f"{BAGS}seeds: 0\nplugins: {plugins('attribution', 'mine', '')}")
    assert lines[0] == "config: seeds: must be at least 1, is 0"
    assert lines[1].endswith("mine.py: no function attribute(), which every file in attribution/ defines")


def test_defaults_are_filled_in():
    found = study(
        "datasets: {simulated_bags: , other: {dataset: simulated_bags, baseline: zero}}\nevaluate: {masks: 3}"
    )
    assert found.settings["evaluate"] == {"samples": 100, "masks": 3, "orders": 10}
    assert found.settings["seeds"] == 5
    assert found.datasets["simulated_bags"].baseline == {"kind": "training_cells", "references": 2}
    assert found.datasets["other"].baseline == {"kind": "zero", "references": 2}


def test_an_option_that_is_the_default_plans_nothing_else(plugins):
    own = f"{BAGS}plugins: {plugins('models', 'mine')}\nattribution: {{saliency: {{}}}}\nmodels: "
    assert study(own + "{mine: {width: 8}}").plan("models") == study(own + "{mine: {}}").plan("models")


def test_a_series_is_one_data_set_a_value():
    found = study("datasets: {dose: {dataset: simulated_bags, series: {witness_rate: [0.05, 0.1, 1]}}}")
    assert list(found.datasets) == ["dose~0.05", "dose~0.1", "dose~1"]
    assert [choice.options["witness_rate"] for choice in found.datasets.values()] == [0.05, 0.1, 1]


def test_the_oracle_takes_part_where_there_is_one():
    found = study("datasets: {simulated_bags: {}, pbmc_bags: {}}\nmodels: {mean_pooling: {}}")
    assert found.pairs() == [
        ("simulated_bags", "mean_pooling"),
        ("simulated_bags", "oracle"),
        ("pbmc_bags", "mean_pooling"),
    ]
    assert (found.seeds("oracle"), found.seeds("mean_pooling")) == (1, 5)
    reasons = {row["metric"]: row["reason"] for row in found.refused() if row["model"] == "oracle"}
    assert "known, not trained" in reasons["permutation_gain"]
    assert reasons["repeatability"] == "repeatability compares seeds, and oracle has one"


def test_one_seed_is_no_mistake():
    found = study(BAGS + "seeds: 1\nevaluation: {repeatability: {}, recovery_auroc: {}}")
    assert {row["metric"] for row in found.refused() if row["metric"]} == {"repeatability"}


def test_the_description_leaves_out_where_it_ran():
    told = study(BAGS + "device: cuda").description()["config"]
    assert "device" not in told and "plugins" not in told
    assert set(FOLDERS) <= set(told)


def test_the_schemas_defaults_are_the_codes():
    from xassay.core.baselines import KINDS
    from xassay.stats.tables import CORNER
    from xassay.stats.verdict import THRESHOLDS
    from xassay.steps.attribute import EVALUATE, VARIANTS

    settings = study(BAGS).settings
    assert settings["verdict"] == THRESHOLDS
    assert settings["silent_failure"] == CORNER
    assert settings["evaluate"] == EVALUATE
    assert settings["variants"] == VARIANTS
    assert set(OWN["bag"]["baseline"]) == set(KINDS)
    assert study(BAGS).datasets["simulated_bags"].reserved == {
        "baseline": "training_cells",
        "references": 2,
        "level": "instance",
    }


def test_every_key_is_explained():
    text = (ROOT / "config" / "README.md").read_text()
    for key, part in schema.schema(SCHEMA)["properties"].items():
        assert f"`{key}" in text, key
        for inner in part.get("properties", {}):
            assert f"`{inner}`" in text or f"`{key}.{inner}`" in text or f"`.{inner}`" in text, (
                f"{key}.{inner}"
            )


SEQUENCES = """
datasets: {lac_promoter: {}, simulated_bags: {}}
models: {sequence_cnn: {}, mean_pooling: {}}
attribution: {leave_one_out: {}, integrated_gradients: {}, saliency: {}}
"""


def test_a_discovery_reads_the_first_maps_of_bases():
    found = study(SEQUENCES + "discovery: {position_profile: {}, first: {discovery: first_layer_filters}}")
    assert found.discoveries() == [
        ("lac_promoter", "sequence_cnn", "position_profile"),
        ("lac_promoter", "sequence_cnn", "first"),
    ]
    assert found.maps_for("lac_promoter", "sequence_cnn", "position_profile") == "integrated_gradients"
    reasons = {(row["dataset"], row["method"]): row["reason"] for row in found.refused()}
    assert reasons["simulated_bags", "position_profile"] == (
        "position_profile reads sequence data, and simulated_bags is bag data"
    )
    assert study(SEQUENCES).discoveries() == []


@pytest.mark.parametrize(
    ("methods", "maps"),
    [
        ("{captum_deep_lift: {}, in_silico_mutagenesis: {}, mine: {method: deep_lift}}", "mine"),
        ("{occlusion: {}, captum_deep_lift: {}}", "captum_deep_lift"),
        ("{occlusion: {}, saliency: {}, input_x_gradient: {}}", "input_x_gradient"),
        ("{occlusion: {}, saliency: {}}", None),
    ],
)
def test_a_discovery_reads_maps_that_tell_bases_apart(methods, maps):
    text = f"datasets: {{lac_promoter: {{}}}}\nmodels: {{sequence_cnn: {{}}}}\nattribution: {methods}\n"
    entries = "discovery: {first_layer_filters: {}, position_profile: {}}"
    if maps is None:
        with pytest.raises(InputError, match="needs contributions of bases, which any method of this study"):
            study(text + entries)
    else:
        assert study(text + entries).maps_for("lac_promoter", "sequence_cnn", "position_profile") == maps


def test_filters_are_asked_of_networks_that_have_them_alone():
    found = study(
        "datasets: {simulated_dna: {}}\nmodels: {sequence_cnn: {}, kmer_logistic: {}}\n"
        "attribution: {integrated_gradients: {}}\ndiscovery: {first_layer_filters: {}}"
    )
    assert found.discoveries() == [("simulated_dna", "sequence_cnn", "first_layer_filters")]
    reasons = {
        row["model"]: row["reason"] for row in found.refused() if row["method"] == "first_layer_filters"
    }
    assert set(reasons) == {"kmer_logistic", "oracle"}
    assert reasons["oracle"] == "first_layer_filters needs filters, which oracle does not provide"


def test_all_methods_leave_a_discovery_deep_shap():
    found = study(
        "datasets: {lac_promoter: {}}\nmodels: {sequence_cnn: {}}\ndiscovery: {position_profile: {}}"
    )
    assert found.maps_for("lac_promoter", "sequence_cnn", "position_profile") == "deep_lift_shap"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "discovery: {position_profile: {maps: saliensy}}",
            "discovery.position_profile.maps: unknown method 'saliensy'; did you mean 'saliency'?",
        ),
        (
            "discovery: {position_profile: {maps: saliency}}",
            "discovery.position_profile: nothing in the study admits it: position_profile needs contributions of bases, which saliency does not give for sequence_cnn",
        ),
        (
            "discovery: {position_profle: {}}",
            "discovery.position_profle: unknown discovery; did you mean 'position_profile'?",
        ),
    ],
)
def test_discoveries_that_cannot_be_are_told(text, told):
    assert any(line.startswith(f"config: {told}") for line in faults(SEQUENCES + text)), faults(
        SEQUENCES + text
    )


def test_a_kind_of_data_has_baselines_and_levels_of_its_own():
    found = study(SEQUENCES).datasets["lac_promoter"].reserved
    assert found == {"baseline": "shuffle", "level": "position", "references": 4}
    for text, told in (
        (
            "{baseline: training_cells}",
            "baseline: unknown value 'training_cells'; did you mean 'training_sequences'? allowed: composition",
        ),
        ("{level: instance}", "level: unknown value 'instance'; allowed: position"),
    ):
        (line,) = faults(f"datasets: {{lac_promoter: {text}}}")
        assert line.startswith(f"config: datasets.lac_promoter.{told}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "evaluation: {comprehensiveness: {shares: []}}",
            "evaluation.comprehensiveness.shares: is empty; must hold",
        ),
        ("datasets: {simulated_dna: {motifs: []}}", "datasets.simulated_dna.motifs: is empty; must hold"),
    ],
)
def test_a_list_that_a_plugin_counts_on_is_not_empty(text, line):
    base = "" if "datasets" in text else "datasets: {simulated_bags: {}}\n"
    with pytest.raises(InputError, match=re.escape(line)):
        study(base + text)
    assert study("datasets: {simulated_dna: {decoys: []}}\nmodels: {sequence_cnn: {}}").datasets

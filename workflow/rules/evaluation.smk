# Every metric of every method; then intervals, gates, ranks and verdicts over the whole study.


rule score:
    input:
        data=DATA,
        predictions=PREDICTIONS,
        probe=PROBE,
        maps=maps_of,
        elsewhere=elsewhere_of,
    output:
        scores=SCORES,
        gallery=GALLERY,
        features=FEATURES,
    log:
        "results/logs/score/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/score/{dataset}/{model}.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("score"),
        runtime=runtime_of("score"),
    params:
        metrics=plan_of("evaluation"),
        stability=plan_of("stability"),
        seed=SEED,
        code=score_code,
    shell:
        "python -m xassay score --data {input.data} --model {input.predictions} --probe {input.probe} "
        "--attributions {input.maps} --elsewhere {input.elsewhere} --metrics {params.metrics:q} --stability {params.stability:q} "
        "--seed {params.seed} --out {output.scores} --gallery {output.gallery} --features {output.features} "
        "> {log} 2>&1"


rule compare:
    input:
        data=expand(DATA, dataset=STUDY.datasets),
        scores=of_pairs(SCORES),
        galleries=of_pairs(GALLERY),
        features=of_pairs(FEATURES),
        predictions=of_pairs(PREDICTIONS),
    output:
        trust=TRUST,
        tables=PARQUETS,
        csv=[
            report(
                path,
                caption="../report/table.rst",
                category="Tables",
                labels={"table": name},
            )
            for name, path in zip(SMALL, TABLES)
        ],
    log:
        "results/logs/compare.log",
    benchmark:
        "results/benchmarks/compare.tsv"
    conda:
        "../../envs/tables.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("compare"),
        runtime=runtime_of("compare"),
    params:
        study=study_of,
        folder=folder_of_output,
        code=compare_code,
    shell:
        "python -m xassay compare --study {params.study:q} --data {input.data} --scores {input.scores} "
        "--galleries {input.galleries} --features {input.features} --predictions {input.predictions} "
        "--out {params.folder} --trust {output.trust} > {log} 2>&1"

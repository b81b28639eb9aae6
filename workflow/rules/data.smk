# Samples of each data set.


rule data:
    input:
        files_of,
    output:
        DATA,
    log:
        "results/logs/data/{dataset}.log",
    benchmark:
        "results/benchmarks/data/{dataset}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("data"),
        runtime=runtime_of("data"),
    params:
        plugin=plugin_of("datasets", "dataset"),
        options=options_of("datasets", "dataset"),
        seed=SEED,
        code=data_code,
    shell:
        "python -m xassay data --dataset {params.plugin} --name {wildcards.dataset} --seed {params.seed} "
        "--options {params.options:q} --out {output} > {log} 2>&1"

# What maps and models tell beyond a single sample: motifs, interactions, effects.


rule discover:
    input:
        data=DATA,
        model=MODEL,
        maps=read_by_discovery,
        files=discovery_files,
    output:
        tables=DISCOVERY,
        motifs=MOTIFS,
    log:
        "results/logs/discover/{dataset}/{model}/{discovery}.log",
    benchmark:
        "results/benchmarks/discover/{dataset}/{model}/{discovery}.tsv"
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("discover"),
        runtime=runtime_of("discover"),
        gpu=gpus,
        device=DEVICE,
    params:
        plugin=plugin_of("discovery", "discovery"),
        options=options_of("discovery", "discovery"),
        maps=maps_of_discovery,
        seed=SEED,
        baseline=baseline_of,
        evaluate=canonical(SETTINGS["evaluate"]),
        code=discover_code,
    shell:
        "python -m xassay discover --data {input.data} --model {input.model} --discovery {params.plugin} "
        "--name {wildcards.discovery} --options {params.options:q} {params.maps} --seed {params.seed} "
        "--baseline {params.baseline:q} --evaluate {params.evaluate:q} --device {resources.device} "
        "--out {output.tables} --motifs {output.motifs} > {log} 2>&1"

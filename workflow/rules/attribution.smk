# The model's answers to masks, the controls' maps, and the maps of every method.


rule probe:
    input:
        data=DATA,
        model=MODEL,
    output:
        probe=PROBE,
        controls=CONTROLS,
    log:
        "results/logs/probe/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/probe/{dataset}/{model}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("probe"),
        runtime=runtime_of("probe"),
        gpu=gpus,
        device=DEVICE,
    params:
        seed=SEED,
        baseline=baseline_of,
        level=level_of,
        evaluate=canonical(SETTINGS["evaluate"]),
        variants=canonical(SETTINGS["variants"]),
        stability=plan_of("stability"),
        folder=folder_of_output,
        code=probe_code,
    shell:
        "python -m xassay probe --data {input.data} --model {input.model} --seed {params.seed} "
        "--baseline {params.baseline:q} --level {params.level} --evaluate {params.evaluate:q} --variants {params.variants:q} "
        "--stability {params.stability:q} --device {resources.device} --out {output.probe} "
        "--controls {params.folder} > {log} 2>&1"


rule attribute:
    input:
        data=DATA,
        model=MODEL,
    output:
        ATTRIBUTION,
    log:
        "results/logs/attribute/{dataset}/{model}/{method}.log",
    benchmark:
        "results/benchmarks/attribute/{dataset}/{model}/{method}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("attribute"),
        runtime=runtime_of("attribute"),
        gpu=gpus,
        device=DEVICE,
    params:
        plugin=plugin_of("attribution", "method"),
        options=options_of("attribution", "method"),
        seed=SEED,
        baseline=baseline_of,
        level=level_of,
        evaluate=canonical(SETTINGS["evaluate"]),
        variants=canonical(SETTINGS["variants"]),
        stability=plan_of("stability"),
        code=attribute_code,
    shell:
        "python -m xassay attribute --data {input.data} --model {input.model} --method {params.plugin} "
        "--name {wildcards.method} --options {params.options:q} --seed {params.seed} "
        "--baseline {params.baseline:q} --level {params.level} --evaluate {params.evaluate:q} --variants {params.variants:q} "
        "--stability {params.stability:q} --device {resources.device} --code {params.code} --out {output} "
        "> {log} 2>&1"

# Every seed of a model, and its twins trained on permuted labels, in one job.


rule train:
    input:
        data=DATA,
        files=model_files,
    output:
        model=MODEL,
        predictions=PREDICTIONS,
    log:
        "results/logs/train/{dataset}/{model}.log",
    benchmark:
        "results/benchmarks/train/{dataset}/{model}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory_of("train"),
        runtime=runtime_of("train"),
        gpu=gpus,
        device=DEVICE,
    params:
        plugin=plugin_of("models", "model"),
        options=options_of("models", "model"),
        seeds=seeds_of,
        seed=SEED,
        code=train_code,
    shell:
        "python -m xassay train --data {input.data} --model {params.plugin} --name {wildcards.model} "
        "--options {params.options:q} --seeds {params.seeds} --seed {params.seed} --device {resources.device} "
        "--out {output.model} --predictions {output.predictions} 2>&1 | tee {log}"

# The page, and its figures.


rule report:
    input:
        trust=TRUST,
        tables=PARQUETS,
        discoveries=[
            DISCOVERY.format(dataset=dataset, model=model, discovery=name)
            for dataset, model, name in STUDY.discoveries()
        ],
    output:
        figures=report(
            directory(FIGURES),
            patterns=["{figure}.svg"],
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        page=report(
            PAGE,
            caption="../report/page.rst",
            category="Report",
            labels={"page": "verdicts and evidence"},
        ),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../../envs/report.yaml"
    threads: 2
    resources:
        mem_mb=memory_of("report"),
        runtime=runtime_of("report"),
    params:
        folder=folder_of_tables,
        code=report_code,
        references=bibliography,
    shell:
        "python -m xassay report --tables {params.folder} --trust {input.trust} "
        "--discoveries {input.discoveries} --figures {output.figures} --threads {threads} --out {output.page} > {log} 2>&1"

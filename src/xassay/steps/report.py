"""Draw the figures and write the report, one page that needs no network. Reads tables only."""


def register(parser):
    """Arguments of the verb."""
    parser.add_argument("--tables", required=True, help="folder of tables, as compare writes it")
    parser.add_argument("--trust", required=True, help="trust cards and provenance, .json")
    parser.add_argument("--discoveries", default=[], nargs="*", help="what was discovered, .json")
    parser.add_argument("--figures", required=True, help="folder for the figures, .svg and .png")
    parser.add_argument("--threads", type=int, default=1, help="figures drawn at the same time")
    parser.add_argument("--out", required=True, help="the page, .html")


def run(args):
    """Read, draw, write."""
    from xassay.report import drawn, page
    from xassay.report.tables import Tables

    tables = Tables.read(args.tables, args.trust, getattr(args, "plugins", None), args.discoveries)
    page.write(tables, drawn.draw_all(tables, args.figures, args.threads), args.out)

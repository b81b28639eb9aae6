"""Versions of the packages that make results: rules may run in environments of their own, none with all."""

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("xassay", "numpy", "pandas", "scipy", "torch", "captum", "anndata", "scanpy", "snakemake")
KEPT = "versions"  # the attribute of a table that holds them


def versions():
    """{package: version} of Python and of those of PACKAGES that are installed here."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

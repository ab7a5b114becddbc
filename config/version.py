"""Which version of this software runs."""

from importlib.metadata import PackageNotFoundError, version


def software_version() -> str:
    """The installed version, or that there is none because it runs from a checkout."""
    try:
        return version("verwijsindex")
    except PackageNotFoundError:
        return "checkout"

"""The product as `meson install` lays it out."""

import os
import pathlib
import subprocess


def install(folder):
    """Into `folder`, from the build directory that $ECHOMESH_BUILD names; returns the folder of the
    units in it."""
    subprocess.run(["meson", "install", "-C", os.environ["ECHOMESH_BUILD"], "--no-rebuild",
                    "--quiet", "--destdir", str(folder)],
                   check=True, stdout=subprocess.DEVNULL)
    found = sorted(pathlib.Path(folder).rglob("echomesh-agent.service"))
    if len(found) != 1:
        raise AssertionError(f"one echomesh-agent.service expected in {folder}, got {found}")
    return found[0].parent

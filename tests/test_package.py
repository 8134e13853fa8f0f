"""The wheel holds the program, all of it and nothing else; what is pinned is what is needed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import nowfab

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOURCES = ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel from a copy, so that no build/ of an earlier build gets into it; asks no network."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, copy)
    for folder in ("nowfab", "tests", "scripts"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(copy)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


def in_package() -> set[str]:
    """Give the files of nowfab/ that are not made by running it."""
    files = (path for path in (ROOT / "nowfab").rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    """A room without `__init__.py`, or a data file not listed, would be missing only after an install."""
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert in_package() == files


def test_the_wheel_names_its_program_version_and_license(wheel: zipfile.ZipFile) -> None:
    """These three are what an installer and a lawyer ask for."""
    info = next(name for name in wheel.namelist() if name.endswith("/METADATA")).rpartition("/")[0]
    fields = message_from_bytes(wheel.read(f"{info}/METADATA"))
    programs = wheel.read(f"{info}/entry_points.txt").decode()

    assert (
        "[console_scripts]\nnowfab = nowfab.__main__:main\nnowfab-cssh = nowfab.cli.cssh:main\n" == programs
    )
    assert (nowfab.__version__, "Apache-2.0") == (fields["Version"], fields["License-Expression"])
    assert f"{info}/licenses/LICENSE" in wheel.namelist()


def test_the_wheel_runs_from_any_folder(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """The installed program offers the same tasks where there is neither a clone nor a tasks.py."""
    wheel.extractall(tmp_path / "site")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import nowfab.__main__;"
        "print(nowfab.__file__, flush=True); sys.argv = ['nowfab', '--list']; nowfab.__main__.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=elsewhere, timeout=60
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(str(tmp_path / "site"))
    assert re.search(r"^ +run +", done.stdout, re.MULTILINE)


def test_this_test_runs_the_code_of_this_clone() -> None:
    """A nowfab that is installed elsewhere in the environment would be tested in its stead."""

    assert ROOT / "nowfab" / "__init__.py" == Path(nowfab.__file__)


def normal(name: str) -> str:
    """Write a package's name as installers compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {normal(name): version for name, version in pairs}


def test_everything_that_an_install_brings_is_pinned() -> None:
    """One package without a pin makes the next install another one than the tested one."""
    extras = PROJECT["optional-dependencies"]
    ours = {Requirement(line) for line in (*PROJECT["dependencies"], *extras["fleet"], *extras["dev"])}
    needed, todo = set[str](), {normal(each.name) for each in ours} - {"nowfab"}
    while todo:
        name = todo.pop()
        needed.add(name)
        wanted = [Requirement(line) for line in metadata.requires(name) or ()]
        here = {
            normal(each.name) for each in wanted if not each.marker or each.marker.evaluate({"extra": ""})
        }
        todo |= here - needed

    assert set() == needed - set(pins())


def is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def test_what_runs_here_is_what_is_pinned() -> None:
    """Otherwise the tests speak of other versions than an install brings."""
    here = {name: metadata.version(name) for name in pins() if is_installed(name)}

    assert {name: pins()[name] for name in here} == here

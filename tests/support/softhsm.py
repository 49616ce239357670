"""How does a test sign with a hardware-like key? With a SoftHSM token of its own, through PKCS#11."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.tools import find_tool

SO_PIN, PIN = "87654321", "12345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An empty, initialised token; SOFTHSM2_CONF must name `config` in the process that uses it."""

    module: Path  #: the PKCS#11 library
    config: Path
    label: str
    pin: str = PIN

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find the token."""
        return {"SOFTHSM2_CONF": str(self.config)}

    def import_key(self, key: Path, *, label: str, id_hex: str) -> None:
        """Put a private key (PKCS#8 PEM) into the token."""
        named = ["--label", label, "--id", id_hex, "--pin", self.pin]
        run(self, "--import", str(key), "--token", self.label, *named)


def make_token(folder: Path, *, label: str = "chuky-test") -> Token:
    """Initialise a token whose files stay under `folder`."""
    module = find_tool(
        "libsofthsm2.so",
        package="softhsm2",
        folders=("/usr/lib/softhsm", "/usr/lib/*/softhsm", "/usr/local/lib/softhsm"),
    )
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    token = Token(module=module, config=config, label=label)
    run(token, "--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", PIN)
    return token


def run(token: Token, *arguments: str) -> str:
    """Call softhsm2-util on the token; its output, or a failure with what it said."""
    tool = find_tool("softhsm2-util", package="softhsm2")
    done = subprocess.run([tool, *arguments], env=token.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"softhsm2-util {arguments[0]}: {done.stdout}{done.stderr}"
    return done.stdout

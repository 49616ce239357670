"""Which demonstrations do tests live? The whole city takes minutes; the one that a model brings along takes seconds."""

import tomllib
from dataclasses import replace

from api.demo import read_plan
from engine.process.packs import shipped
from engine.use_cases.rehearsal.demo import DemoPlan


def alone() -> DemoPlan:
    """The shipped plan with the models that bring their own city, without the shared one."""
    scripts = {folder.name: tomllib.loads((folder / "rehearsal.toml").read_text("utf-8")) for folder in shipped()}
    own = tuple(name for name, script in scripts.items() if "root" in script.get("city", {}))
    plan = read_plan()
    return replace(plan, packs=own, accounts=tuple(a for a in plan.accounts if a.who != "body"))

"""Write until killed: each transaction takes a number, registers it, moves an instance and adds an audit line."""

from __future__ import annotations

import sys
from dataclasses import replace

from engine.store import Database
from tests.store.samples import a_line, a_register_row, compile_sample, no_jobs, read_sample, the_runtime, the_words


def main(url: str, unit_id: int, decision_id: int, instance_id: int) -> None:
    """Print each number after its commit."""
    database = Database(url, read_model=read_sample, compile_diagrams=compile_sample)
    while True:
        with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
            instance = uow.instances.get(instance_id)
            number = uow.decisions.take_number(unit_id, "qd", 2027)
            uow.decisions.add_register_row(a_register_row(unit_id=unit_id, decision_id=decision_id, number=number))
            uow.instances.save(replace(instance, blob=str(number).encode()))
            uow.audit.write(a_line(facts={"number": number}))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))

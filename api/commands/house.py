"""Which installation does a command work on? The one the settings name, when its database is of this version."""

from api.assembly import House, NotMigrated, build
from api.settings import read_settings


def opened() -> House:
    """The installation, to be closed by whoever asked; raise `NotMigrated` before `chuky migrate`."""
    from engine.store import migrate as schema

    house = build(read_settings())
    if schema.current(house.settings.url) != schema.head():
        house.close()
        raise NotMigrated("run chuky migrate first")
    return house

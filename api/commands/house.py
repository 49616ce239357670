"""Which installation does a command work on? The one the settings name, when its database is of this version."""

from api.assembly import House, NotMigrated, TooNew, build, sqlite_path
from api.settings import Settings, read_settings
from engine.errors import ChukyError


def opened() -> House:
    """The installation, to be closed by whoever asked; raise `NotMigrated` before `chuky migrate`."""
    settings = read_settings()
    check_version(settings)
    return build(settings)


def check_version(settings: Settings) -> None:
    """Raise `NotMigrated` where the database has not the tables of this version; a missing file is not made."""
    from engine.store import migrate as schema

    path = sqlite_path(settings.url)
    current = None if path is not None and not path.is_file() else schema.current(settings.url)
    if current is not None and current not in schema.revisions():
        raise TooNew(current)
    if current != schema.head():
        raise NotMigrated("run chuky migrate first")


def not_of_this_version() -> NotMigrated | None:
    """What is to be said of the database when something in it was not found; None: that is not why, or it does not answer."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        check_version(read_settings())
    except NotMigrated as other:
        return other
    except (ChukyError, SQLAlchemyError):
        return None
    return None

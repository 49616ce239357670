"""Where the product keeps what it knows: SQLite for one machine, PostgreSQL for many, the same code on both."""

from engine.store.unit_of_work import Database, JobsFactory, SqlUnitOfWork

__all__ = ["Database", "JobsFactory", "SqlUnitOfWork"]

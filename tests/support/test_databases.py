"""The database fixtures give real, empty, separate databases."""

import signal
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.support.postgres import PgCluster, PgServer
from tests.support.tools import free_port


def test_each_database_answers_and_is_empty(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1
    assert inspect(engine).get_table_names() == []
    engine.dispose()


@pytest.mark.postgres
def test_a_database_is_made_from_a_template_and_dropped(pg_server: PgServer) -> None:
    with pg_server.database() as template_url:
        template = create_engine(template_url)
        with template.begin() as connection:
            connection.execute(text("create table unit (name text)"))
            connection.execute(text("insert into unit values ('Đoàn phường')"))
        template.dispose()
        with pg_server.database(template=template.url.database or "") as url:
            engine = create_engine(url)
            with engine.connect() as connection:
                assert connection.scalars(text("select name from unit")).all() == ["Đoàn phường"]
            engine.dispose()
    with create_engine(pg_server.url).connect() as connection:
        names = set(connection.scalars(text("select datname from pg_database")))
    assert not names & {template.url.database, engine.url.database}


@pytest.mark.postgres
def test_a_cluster_of_our_own_comes_back_after_a_crash() -> None:
    # Not under tmp_path: its parents are closed to the user whom PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="chuky-pg-") as home:
        cluster = PgCluster(home=Path(home), port=free_port(), settings={})
        cluster.init()
        cluster.start()
        assert (Path(home) / "data").stat().st_uid != 0  # PostgreSQL refuses to run as root
        try:
            engine = create_engine(cluster.url, pool_pre_ping=True)
            with engine.begin() as connection:
                connection.execute(text("create table kept (n int)"))
            cluster.stop(signal.SIGQUIT)
            cluster.start()
            with engine.begin() as connection:
                assert connection.scalar(text("select count(*) from kept")) == 0
            engine.dispose()
        finally:
            cluster.stop()

"""Databases: the ways in which programs get hold of sessions, cursors and clients, and async twins beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastapi_convert.mapping import TABLE
from tests.scan.probe import check, probe_from

_SESSIONS = """
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, inspect, select
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session, sessionmaker

app = FastAPI()
engine = create_engine("sqlite://")
make = sessionmaker(bind=engine)
scoped = scoped_session(make)
Old = declarative_base()

class Base(DeclarativeBase): ...
class User(Base): ...

def session() -> Iterator[Session]:
    with make() as made:
        yield made

@app.get("/")
async def view(db=Depends(session)):
    db.add(User())
    db.commit()  # blocks: view
    query = db.query(User).filter(User.id == 1).order_by(User.id)
    for user in query:  # blocks: view
        db.expunge(user)
    return query.first()  # blocks: view

async def others():
    with make.begin() as db:  # blocks: others
        db.scalars(select(User)).all()  # blocks: others
    scoped.query(User).all()  # blocks: others
    scoped().flush()  # blocks: others
    with engine.begin() as connection:  # blocks: others
        connection.execute(select(User)).scalars()  # blocks: others
    inspect(engine).get_table_names()  # blocks: others
    Old.metadata.create_all(engine)  # blocks: others
    Base.metadata.create_all(engine)  # blocks: others
"""

_ASYNC_SESSIONS = """
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession as SQLModelSession

engine = create_async_engine("sqlite+aiosqlite://")
make = async_sessionmaker(engine)
scoped = async_scoped_session(make, None)

async def view(session: AsyncSession, other: SQLModelSession):
    (await session.execute(select(1))).scalars().all()
    async with make() as made, made.begin():
        await made.commit()
    await scoped.commit()
    (await other.exec(select(1))).first()
    async with engine.begin() as connection:
        await connection.execute(select(1))
"""

_SQLMODEL = """
from fastapi_sqlalchemy import db
from sqlmodel import Session, SQLModel, create_engine, select

engine = create_engine("sqlite://")

async def view():
    with Session(engine) as session:
        session.exec(select(1)).all()  # blocks: view
        session.get(object, 1)  # blocks: view
    with db():
        db.session.commit()  # blocks: view
    SQLModel.metadata.create_all(engine)  # blocks: view
"""

_REDIS = """
import redis
import redis.asyncio
from redis.sentinel import Sentinel

client = redis.from_url("redis://localhost")
twin = redis.asyncio.from_url("redis://localhost")

async def view():
    with client.pipeline() as pipeline:
        pipeline.set("a", 1).get("a")
        pipeline.execute()  # blocks: view
    with client.lock("a"):  # blocks: view
        redis.StrictRedis().get("a")  # blocks: view
    for message in client.pubsub().listen():  # blocks: view
        Sentinel([]).master_for("main").get("a")  # blocks: view
    redis.RedisCluster().get("a")  # blocks: view

async def beside():
    async with twin.pipeline() as pipeline:
        await pipeline.set("a", 1).execute()
    async with twin.lock("a"):
        await twin.get("a")
"""

_MONGO = """
from pymongo import AsyncMongoClient, MongoClient

client = MongoClient()
twin = AsyncMongoClient()

async def view():
    client.shop.users.find_one({})  # blocks: view
    client["shop"]["users"].insert_one({})  # blocks: view
    cursor = client.shop["users"].find({}).sort("name").limit(3)
    for document in cursor:  # blocks: view
        client.admin.command("ping")  # blocks: view

async def beside():
    await twin["shop"]["users"].find_one({})
    await twin.shop.users.find_one({})
"""

_ORMS = """
import peewee
from django.db import models
from mongoengine import Document

class User(peewee.Model): ...
class Page(Document): ...
class Book(models.Model): ...

async def view():
    for user in User.select().where(User.id == 1):  # blocks: view
        user.update(name="x").where(User.id == 1)
    User.get(User.id == 1).save()  # blocks: view
    User.update(name="x").where(User.id == 1).execute()  # blocks: view
    Page.objects(name="x").order_by("name").first()  # blocks: view
    Book.objects.filter(name="x").exclude(id=1).count()  # blocks: view
    Book.objects.filter(name="x")
    await Book.objects.filter(name="x").acount()
"""

_DRIVERS = """
import psycopg
import psycopg2
from psycopg2.extras import RealDictCursor

async def view():
    connection = psycopg2.connect("")  # blocks: view
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute("SELECT 1")  # blocks: view
    with psycopg.connect("") as new:  # blocks: view
        new.cursor().execute("SELECT 1")  # blocks: view

async def beside():
    async with await psycopg.AsyncConnection.connect("") as connection:
        await connection.execute("SELECT 1")
"""

_SCOPED = """
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

session = scoped_session(sessionmaker())
Base = declarative_base()
Base.query = session.query_property()


class Model(Base):
    query = session.query_property()


async def view():
    Model.query.filter_by(id=1).first()  # blocks: view
    Model.query.filter_by(id=1)
"""

_INJECTED = """
from dependency_injector import containers, providers
from dependency_injector.wiring import Closing, Provide, Provider, inject
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()


def open_session():
    session = sessionmaker()()
    yield session
    session.close()


class Database:
    def session(self):
        return sessionmaker()()


class Repo:
    def __init__(self, session, number=0):
        self.session = session

    def get(self):
        return self.session.get(int, 1)  # blocks: default, closing, given, by_hand


database = providers.Singleton(Database)
opened = providers.Resource(open_session)
repo = providers.Factory(Repo, opened)


class Container(containers.DeclarativeContainer):
    config = providers.Configuration()
    session = providers.Resource(open_session)
    factory = providers.Factory(Repo, session=opened, number=config.number)
    fixed = providers.Object(Database().session())
    made = providers.Callable(database.provided.session)
    one = providers.Selector(config.kind, a=repo, b=repo)


class Outer(containers.DeclarativeContainer):
    inner = providers.Container(Container)


@app.get("/default")
@inject
async def default(repo=Depends(Provide[Container.factory])):
    return repo.get()


@app.get("/closing")
@inject
async def closing(repo=Depends(Closing[Provide[Container.one]])):
    return repo.get()


@inject
async def given(repo=Provide[Container.factory]):
    return repo.get()


@app.get("/provider")
@inject
async def provider(make=Depends(Provider[Container.made])):
    return make().get(int, 1)  # blocks: provider


async def by_hand():
    return Outer().inner.factory().get()


@app.get("/fixed")
@inject
async def fixed(session: Session = Depends(Provide["fixed"])):
    return session.get(int, 1)  # blocks: fixed


async def resource():
    return Container.session().get(int, 1)  # blocks: resource


@inject
async def attribute(session=Provide[repo.provided.session]):
    return session.get(int, 1)  # blocks: attribute


@inject
async def unknown(number=Provide[Container.config.number]):
    return number.get()
"""

_APPLICATIONS = {
    "scoped": _SCOPED,
    "injected": _INJECTED,
    "sessions": _SESSIONS,
    "async sessions": _ASYNC_SESSIONS,
    "sqlmodel": _SQLMODEL,
    "redis": _REDIS,
    "mongo": _MONGO,
    "orms": _ORMS,
    "drivers": _DRIVERS,
}


@pytest.mark.parametrize("source", _APPLICATIONS.values(), ids=_APPLICATIONS)
def test_databases_are_followed_from_where_they_are_made(source: str, tmp_path: Path) -> None:
    """Through factories, chains, context managers and loops; what is only prepared or awaited is not."""
    check(probe_from(source), tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "sqlalchemy.create_engine",
        "sqlalchemy.orm.Session.add",
        "sqlalchemy.orm.Session.query",
        "sqlalchemy.orm.Query.filter",
        "sqlalchemy.orm.Query.exists",
        "redis.Redis.pipeline",
        "redis.client.Pipeline.get",
        "pymongo.collection.Collection.find",
        "peewee.Model.select",
        "django.db.models.QuerySet.filter",
    ],
)
def test_what_only_prepares_is_in_no_row(name: str) -> None:
    """It asks nobody anything."""
    assert TABLE.lookup(name) is None


def test_how_sure_the_rows_of_a_session_are() -> None:
    """Statements wait; rolling back may; closing is noise."""
    rows = {name: TABLE.lookup(f"sqlalchemy.orm.Session.{name}") for name in ("commit", "rollback", "close")}
    assert {name: row and row.level for name, row in rows.items()} == {
        "commit": "error",
        "rollback": "warn",
        "close": "all",
    }

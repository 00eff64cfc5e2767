"""How real applications reach what the rows name: through factories, attributes, aliases and parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastapi_convert.mapping import TABLE
from tests.scan.probe import check, probe_from

_RESOURCES = """
import importlib.resources
from importlib.resources import as_file, files

async def view():
    root = files("shop")
    importlib.resources.files("shop").joinpath("a", "b.html").read_text()  # blocks: view
    (root / "a" / "b.md").read_bytes()  # blocks: view
    for each in root.iterdir():  # blocks(all): view
        with each.open("rb") as file:  # blocks: view
            file.read()  # blocks(all): view
    with as_file(root / "c") as path:  # blocks(warn): view
        path.write_text("x")  # blocks: view
    importlib.resources.read_text("shop", "x")  # blocks: view
"""

_FILE_LOCKS = """
from filelock import AsyncFileLock, FileLock, SoftFileLock

async def view():
    lock = FileLock("x.lock")
    with lock:  # blocks: view
        pass
    with SoftFileLock("y.lock", timeout=5):  # blocks: view
        pass
    with lock.acquire(timeout=10):  # blocks: view
        pass
    lock.acquire(blocking=False)
    lock.acquire(timeout=0)
    async with AsyncFileLock("x.lock") as held:
        await held.acquire()
"""

_AGENTS = """
from chonkie import AutoEmbeddings, SemanticChunker
from daytona import AsyncDaytona, Daytona
from e2b_code_interpreter import AsyncSandbox, Sandbox
from langchain.text_splitter import RecursiveCharacterTextSplitter
from langchain.vectorstores import FAISS
from langfuse import get_client
import wandb

class Config:
    embeddings = AutoEmbeddings.get_embeddings("m")

config = Config()

async def view(documents, embeddings):
    config.embeddings.embed("x")  # blocks: view
    SemanticChunker().chunk("x")  # blocks(warn): view
    splitter = RecursiveCharacterTextSplitter.from_tiktoken_encoder()
    store = FAISS.from_documents(splitter.split_documents(documents), embeddings)  # blocks: view
    store.similarity_search("x")  # blocks: view
    get_client().get_prompt("x")  # blocks(warn): view
    run = wandb.init()  # blocks: view
    run.finish()  # blocks: view

async def sandboxes():
    with Sandbox.create() as box:  # blocks: sandboxes
        box.run_code("1")  # blocks: sandboxes
        box.files.read("x")  # blocks: sandboxes
        box.commands.run("ls", background=True).wait()  # blocks: sandboxes
    box = Daytona().create()  # blocks: sandboxes
    box.process.code_run("1")  # blocks: sandboxes
    async with await AsyncSandbox.create() as box:
        await box.run_code("1")
    box = await AsyncDaytona().create()
    await box.process.code_run("1")
"""

_PLATFORMS = """
import hvac, oci
from atlassian import Jira
from azure.ai.formrecognizer import DocumentAnalysisClient
from ccxt import kraken
from fastapi import Depends, FastAPI
from pusher import Pusher

app = FastAPI()

def get_pusher() -> Pusher | None:
    return Pusher("1", "k", "s")

class Vault:
    def __init__(self):
        self.client = hvac.Client(url="u")

@app.get("/")
async def view(pusher: Pusher | None = Depends(get_pusher)):
    if pusher:
        pusher.trigger("channel", "event", {})  # blocks: view
        pusher.authenticate("channel", "1.1")
    vault = Vault()
    vault.client.secrets.kv.v2.configure()  # blocks: view
    vault.client.secrets.kv.delete_metadata_and_all_versions("p")  # blocks: view
    vault.client.sys.read_health_status()  # blocks: view
    oci.identity.IdentityClient({}).get_compartment("x")  # blocks: view
    Jira("url").issue("x")  # blocks: view
    kraken().fetch_ticker("BTC/USD")  # blocks: view
    poller = DocumentAnalysisClient("url", None).begin_analyze_document("m", b"")  # blocks: view
    return poller.result()  # blocks: view
"""

_TASKS = """
from celery import Celery, chain, group
from huey import RedisHuey

app = Celery("x")
huey = RedisHuey()

@app.task(name="q")
def one(a): ...

@huey.task()
def other(a): ...

async def view():
    group([one.s(1)])()  # blocks(warn): view
    chain(one.s(1), one.s(2))()  # blocks(warn): view
    app.tasks["q"].delay(1)  # blocks(warn): view
    other(1)  # blocks(warn): view
    other.call_local(1)
"""

_ASYNC_ONLY = """
from beanie import Document
from databases import Database
from motor.motor_asyncio import AsyncIOMotorClient
from tortoise.models import Model
import ccxt.async_support as ccxt
from keycloak import KeycloakAdmin

database = Database("sqlite://")
books = AsyncIOMotorClient()["shop"]["books"]

class Book(Document): ...
class Author(Model): ...

async def view():
    await database.execute("SELECT 1")
    await database.fetch_all("SELECT 1")
    await books.find_one({})
    await books.find({}).to_list(10)
    await Book.get("id")
    await Book.find_one(Book.id == 1)
    await Book().insert()
    await Author.get(id=1)
    await Author.filter(id=1).first()
    await Author.create(id=1)
    await Author().save()
    await ccxt.kraken().fetch_ticker("BTC/USD")
    await KeycloakAdmin("url").a_get_users()
"""


@pytest.mark.parametrize("source", [_RESOURCES, _FILE_LOCKS, _AGENTS, _PLATFORMS, _TASKS, _ASYNC_ONLY])
def test_what_applications_write_is_found_and_nothing_else(source: str, tmp_path: Path) -> None:
    """Whether the object comes from a factory, a class attribute, a dependency or an alias of the library."""
    check(probe_from(source), tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "e2b.AsyncSandbox.files.read",
        "filelock.AsyncFileLock.acquire",
        "hvac.Client.logout",
        "keycloak.KeycloakAdmin.a_get_users",
        "keycloak.KeycloakAdmin.a_add_user",
        "langfuse.Langfuse.create_score",
        "langfuse.Langfuse.start_as_current_observation",
        "linkup.LinkupClient.async_search",
        "minio.Minio.set_app_info",
        "pusher.Pusher.authenticate",
        "wandb.Image",
    ],
)
def test_what_does_not_wait_is_no_row(name: str) -> None:
    """Async twins under a name of their own, what is only handed over, and what is computed here."""
    assert TABLE.lookup(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "exa_py.Exa.search_and_contents",
        "hvac.Client.auth.approle.generate_secret_id",
        "hvac.Client.secrets.kv.v1.read_secret",
        "minio.Minio.get_bucket_policy",
        "minio.Minio.set_bucket_lifecycle",
        "minio.Minio.set_object_tags",
    ],
)
def test_a_star_stands_for_the_methods_that_no_row_names(name: str) -> None:
    """All of them make requests."""
    row = TABLE.lookup(name)
    assert row is not None
    assert row.level == "error"

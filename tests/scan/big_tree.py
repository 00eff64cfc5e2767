"""A generated application of any size, as they are written: features with models, repositories, services and routes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ("FILES_OF_A_FEATURE", "grow_application")

FILES_OF_A_FEATURE: Final = 6

_CORE = {
    "app/__init__.py": "",
    "app/core/__init__.py": "from .db import *\nfrom .db import get_db\n",
    "app/core/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(bind=engine)


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
""",
    "app/core/repository.py": """\
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

M = TypeVar("M")


class Repository(Generic[M]):
    model: type[M]

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, key: int) -> M:
        return self.session.get(self.model, key)

    def add(self, item: M) -> M:
        self.session.add(item)
        self.session.commit()
        return item
""",
    "app/core/tools.py": """\
import functools
import hashlib
import time


def retry(times=3):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except OSError:
                    time.sleep(attempt)
        return wrapper
    return decorate


def digest(text, *, slow=False):
    if slow:
        time.sleep(1)
    return hashlib.sha256(text.encode()).hexdigest()
""",
}
_FEATURE = {
    "__init__.py": "from .routes import router as router\n",
    "models.py": """\
from dataclasses import dataclass, field


@dataclass
class Item{n}:
    id: int
    name: str = ""
    tags: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"{{self.name}} ({{', '.join(self.tags)}})"
""",
    "repo.py": """\
from app.core.repository import Repository

from .models import Item{n}


class Repo{n}(Repository[Item{n}]):
    model = Item{n}

    def by_name(self, name: str) -> list[Item{n}]:
        return self.session.query(Item{n}).filter(Item{n}.name == name).all()
""",
    "client.py": """\
import requests

from app.core.tools import retry

BASE = "http://feature-{n}"


@retry(times={n})
def fetch(key: int) -> dict:
    answer = requests.get(f"{{BASE}}/{{key}}", timeout=5)
    if answer.status_code == 404:
        return {{}}
    return answer.json()
""",
    "service.py": """\
from app.core.tools import digest
from app.feature_{other}.client import fetch as fetch_other

from .client import fetch
from .models import Item{n}
from .repo import Repo{n}


class Service{n}:
    def __init__(self, repo: Repo{n}) -> None:
        self.repo = repo

    def show(self, key: int) -> Item{n}:
        item = self.repo.get(key)
        item.name = digest(item.label)
        return item

    def refresh(self, key: int) -> Item{n}:
        found = {{**fetch(key), **fetch_other(key)}}
        if not found:
            raise LookupError(key)
        return self.repo.add(Item{n}(**found))
""",
    "routes.py": """\
import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.core import get_db

from .repo import Repo{n}
from .service import Service{n}

router = APIRouter(prefix="/feature-{n}")


def service(db: Annotated[Session, Depends(get_db)]) -> Service{n}:
    return Service{n}(Repo{n}(db))


@router.get("/{{key}}")
async def show(key: int, service: Annotated[Service{n}, Depends(service)]):
    return service.show(key)


@router.post("/{{key}}")
async def refresh(key: int, service: Annotated[Service{n}, Depends(service)]):
    return await asyncio.to_thread(service.refresh, key)


@router.get("/")
def plain(db: Annotated[Session, Depends(get_db)]):
    return Repo{n}(db).by_name("x")
""",
}


def grow_application(folder: Path, features: int) -> Path:
    """Write an application with this many features; `show` blocks in each, once, in the repository that all share."""
    numbers = range(features)
    main = "from fastapi import FastAPI\n\n" + "".join(f"from app import feature_{n}\n" for n in numbers)
    main += "\napp = FastAPI()\n" + "".join(f"app.include_router(feature_{n}.router)\n" for n in numbers)
    files = {**_CORE, "app/main.py": main}
    for n in numbers:
        names = {"n": n, "other": (n * 7 + 1) % features}
        files |= {f"app/feature_{n}/{path}": text.format(**names) for path, text in _FEATURE.items()}
    for path, text in files.items():
        target = folder / path
        if target.name == "__init__.py":
            target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder

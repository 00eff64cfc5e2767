"""Async functions are named after what they are for."""

from __future__ import annotations

import ast
import string
import textwrap
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.scan.evaluation import Engine
from fastapi_convert.scan.facts import lower, unpack
from fastapi_convert.scan.project import Module, Project
from fastapi_convert.scan.routes import Routes


def _module(path: str, source: str) -> tuple[Module, tuple[str, ...]]:
    text = textwrap.dedent(source)
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    package = path.endswith("__init__.py")
    return Module(name, path, unpack(lower(ast.parse(text), text)), package=package), (name,)


def routes_of(sources: str | Mapping[str, str]) -> dict[str, str]:
    """What the async functions of an application are for, by qualified name; those that are for nothing left out."""
    files = {"app.py": sources} if isinstance(sources, str) else sources
    project = Project(_module(path, source) for path, source in files.items())
    routes = Routes(Engine(project))
    named = ((function.facts.qualname, routes.of(function)) for function in project.async_functions)
    return {name: route for name, route in named if route}


@pytest.mark.parametrize(
    "decorator, route",
    [
        ("@app.get('/x')", "GET /x"),
        ("@app.delete(path='/x')", "DELETE /x"),
        ("@app.get('')", "GET /"),
        ("@app.api_route('/x', methods=['POST', 'GET'])", "GET,POST /x"),
        ("@app.api_route('/x', methods=VERBS)", "PATCH,PUT /x"),
        ("@app.api_route('/x', methods=[HTTPMethod.POST])", "POST /x"),
        ("@app.api_route('/x', methods=verbs())", "... /x"),
        ("@app.route('/x')", "GET /x"),
        ("@app.websocket('/x')", "WEBSOCKET /x"),
        ("@app.websocket_route('/x')", "WEBSOCKET /x"),
        ("@app.get('/x')\n@app.head('/x')", "GET,HEAD /x"),
        ("@app.get('/y')\n@app.post('/x')", "POST /x"),
        ("@app.get(PATH)", "GET /constant"),
        ("@app.get(PATH + '/x')", "GET /constant/x"),
        ("@app.get(path_of('x'))", "GET ..."),
        ("@app.get(PATH + unknown + '/x')", "GET /constant.../x"),
        ("@app.get('%s/x' % PATH)", "GET ..."),
        ("@app.get(Paths.USERS)", "GET /users"),
        ("@app.get(settings.USERS)", "GET /users"),
        ("@app.get(Verbs.USERS.value)", "GET /users"),
        ("@protected(app.get, '/x', ['scope'])", "GET /x"),
        ("@logged\n@app.get('/x')\n@cached(60)", "GET /x"),
        ("@app.middleware('http')", "middleware"),
        ("@app.on_event('startup')", "startup"),
        ("@app.on_event('shutdown')", "shutdown"),
        ("@app.exception_handler(ValueError)", "exception handler"),
        ("@elsewhere.get('/x')", "GET /x"),
        ("@elsewhere.get('x')", None),
        ("@elsewhere.get(key)", None),
        ("@elsewhere.get()", None),
        ("@app.on_event('reload')", None),
        ("@app.get", None),
        ("@cached(app.get)", None),
    ],
)
def test_a_decorator_names_the_route(decorator: str, route: str | None) -> None:
    """Methods and paths, whether written out, kept in names, or put together."""
    source = f"""\
from typing import cast
from fastapi import FastAPI
from elsewhere import elsewhere, unknown
app = FastAPI()
PATH = "/constant"
VERBS = ("PUT",) + ("PATCH",)
class Paths:
    USERS: str = "/users"
def get_settings():
    return Paths()
settings = cast(Paths, get_settings())
class Verbs(Enum):
    USERS = "/users"
{decorator}
async def view():
    pass
"""
    assert routes_of(source).get("view") == route


PACKAGE = {
    "shop/__init__.py": "",
    "shop/api/__init__.py": "from .users import router as users_router\nfrom . import items\n",
    "shop/api/users.py": """
        from fastapi import APIRouter
        router = APIRouter(prefix="/users")
        @router.get("/{user_id}")
        async def read(): ...
    """,
    "shop/api/items.py": """
        from fastapi import APIRouter
        router = APIRouter()
        @router.get("/items")
        async def items(): ...
    """,
}


@pytest.mark.parametrize(
    "main, users, items",
    [
        ("", "/users/{user_id}", "/items"),
        ("from shop.api import users_router, items\ninclude_all()", "/users/{user_id}", "/items"),
        (
            (
                "from shop.api import users_router as u, items\n"
                "app.include_router(u, prefix='/v1')\napp.include_router(router=items.router, prefix=V2)"
            ),
            "/v1/users/{user_id}",
            "/v2/items",
        ),
        (
            (
                "import shop.api.users\nfrom shop import api\n"
                "app.include_router(shop.api.users.router, prefix='/v1')\napp.include_router(api.items.router)"
            ),
            "/v1/users/{user_id}",
            "/items",
        ),
        (
            (
                "from shop.api import *\n"
                "for module, prefix in ((items, '/i'),):\n    app.include_router(module.router, prefix='/i')\n"
                "for each in [users_router]:\n    app.include_router(each, prefix='/u')"
            ),
            "/u/users/{user_id}",
            "/i/items",
        ),
        (
            (
                "from shop.api.users import router\nfrom shop.api.items import router as more\n"
                "v1 = APIRouter(prefix='/v1')\nv1.include_router(router, prefix='/in')\nv1.include_router(more)\n"
                "app.include_router(v1, prefix='/api')"
            ),
            "/api/v1/in/users/{user_id}",
            "/api/v1/items",
        ),
        (
            (
                "from shop.api import users_router, items\n"
                "def create():\n"
                "    made = FastAPI()\n    made.include_router(users_router, prefix='/made')\n"
                "    made.router.include_router(items.router, prefix='/made')\n    return made"
            ),
            "/made/users/{user_id}",
            "/made/items",
        ),
        (
            (
                "from shop.api import users_router, items\n"
                "app.include_router(items.router, prefix='/v2')\napp.include_router(items.router, prefix='/v1')\n"
                "app.include_router(users_router, prefix=unknown)"
            ),
            ".../users/{user_id}",
            "/v1/items",
        ),
        (
            (
                "from shop.api import users_router, items\nsub = FastAPI()\n"
                "sub.include_router(users_router)\nsub.router.include_router(items.router)\n"
                "api = FastAPI()\napi.mount('/sub/', sub)\napp.mount('/', app=api)"
            ),
            "/sub/users/{user_id}",
            "/sub/items",
        ),
    ],
)
def test_the_path_begins_with_the_prefixes_of_all_inclusions(main: str, users: str, items: str) -> None:
    """Aliases, attributes of modules, re-exports, loops, routers in routers, applications in applications."""
    main = f"from fastapi import APIRouter, FastAPI\napp = FastAPI()\nV2 = '/v2'\n{main}\n"
    found = routes_of({**PACKAGE, "shop/main.py": main})
    assert found == {"read": f"GET {users}", "items": f"GET {items}"}


def test_the_inclusion_of_an_application_goes_before_others() -> None:
    """Those of a test, or of a router that nothing includes, count only where there is no better one."""
    application = "from fastapi import FastAPI\nfrom shop.api import items\napp = FastAPI()\n"
    spare = "from fastapi import APIRouter\nfrom shop.api import items\nspare = APIRouter()\n"
    include = "{}.include_router(items.router, prefix='/{}')\n"
    files = {**PACKAGE, "tests/test_items.py": application + include.format("app", "a")}
    assert routes_of(files)["items"] == "GET /a/items"
    files["shop/spare.py"] = spare + include.format("spare", "b")
    assert routes_of(files)["items"] == "GET /b/items"
    files["shop/main.py"] = application + include.format("app", "c")
    assert routes_of(files)["items"] == "GET /c/items"


def test_routers_of_functions_and_classes() -> None:
    """A factory's, a closure's, an instance's and a class's."""
    found = routes_of("""
        from fastapi import APIRouter, FastAPI
        app = FastAPI()
        def factory():
            router = APIRouter(prefix="/made")
            @router.get("/a")
            async def a(): ...
            return router
        class Api(Base):
            shared = APIRouter(prefix="/shared")
            @shared.get("/b")
            async def b(self): ...
            def __init__(self):
                self.router: APIRouter = APIRouter(prefix="/own")
                self.router.add_api_route("/c", self.c, methods=["PUT"])
                self.other = APIRouter(prefix="/other")
                @self.other.get("/d")
                async def d(): ...
            async def c(self): ...
        class Child(Api): ...
        api = Child()
        app.include_router(factory(), prefix="/v1")
        app.include_router(api.router, prefix="/v2")
        app.include_router(api.other, prefix="/v3")
        app.include_router(Api.shared, prefix="/v4")
    """)
    assert found == {
        "factory.<locals>.a": "GET /v1/made/a",
        "Api.b": "GET /v4/shared/b",
        "Api.c": "PUT /v2/own/c",
        "Api.__init__.<locals>.d": "GET /v3/other/d",
    }


def test_routes_that_are_added_by_calls() -> None:
    """`add_...`, lists of Starlette, endpoints that are classes, decorators that are called."""
    found = routes_of("""
        from functools import partial
        from fastapi import FastAPI
        from starlette.routing import Mount, Route, WebSocketRoute
        async def a(): ...
        async def b(): ...
        async def c(): ...
        async def d(): ...
        async def e(): ...
        async def f(): ...
        async def g(): ...
        async def h(): ...
        class Page(HTTPEndpoint):
            async def get(self, request): ...
            async def post(self, request): ...
            async def other(self): ...
        class Chat(WebSocketEndpoint):
            async def on_receive(self, socket, data): ...
        class Called:
            async def __call__(self, request): ...
        inner = [Route("/e", endpoint=e), Mount("/deep", routes=[Route("/f", f)])]
        sub = FastAPI()
        sub.get("/g")(g)
        listed = FastAPI(routes=[
            Route("/d", d, methods=["POST"]), WebSocketRoute("/chat", Chat), Mount("/in", routes=inner),
            Mount("/sub/", app=sub), Route("/page", Page), Route("/called", Called()), Route("/lost"),
        ])
        def create(app: FastAPI):
            app.add_api_route("/a", partial(a, 1), methods=["POST", "GET"])
            app.add_websocket_route("/b", b)
            app.add_api_websocket_route("/h", h)
            app.add_route("/c", route=c)
    """)
    assert found == {
        "a": "GET,POST /a",
        "b": "WEBSOCKET /b",
        "c": "GET /c",
        "d": "POST /d",
        "e": "GET /in/e",
        "f": "GET /in/deep/f",
        "g": "GET /sub/g",
        "h": "WEBSOCKET /h",
        "Page.get": "GET /page",
        "Page.post": "POST /page",
        "Chat.on_receive": "WEBSOCKET /chat",
        "Called.__call__": "GET /called",
    }


def test_methods_of_class_based_views() -> None:
    """A class of fastapi-utils: its methods have the routes."""
    found = routes_of("""
        from fastapi import APIRouter, Depends
        from fastapi_utils.cbv import cbv
        router = APIRouter(prefix="/users")
        async def session(): ...
        @cbv(router)
        class Users:
            session = Depends(session)
            @router.get("/{user_id}")
            async def read(self): ...
            async def helper(self): ...
    """)
    assert found == {"session": "dependency", "Users.read": "GET /users/{user_id}"}


def test_dependencies() -> None:
    """In defaults, annotations, lists and aliases; functions, factories, instances and methods."""
    found = routes_of(
        {
            "deps.py": """
            from typing import Annotated
            from fastapi import Depends
            async def a(): ...
            async def b(): ...
            async def c(): ...
            async def d(): ...
            async def e(): ...
            async def f(): ...
            async def unused(): ...
            A = Annotated[str, Depends(a)]
            def role(name):
                async def check(): ...
                return check
            class Allowed:
                async def __call__(self): ...
                async def method(self): ...
            allowed = Allowed()
        """,
            "app.py": """
            import deps
            from deps import Allowed, allowed, b, c, d, role
            from fastapi import Depends, FastAPI, Security
            from typing import Annotated
            app = FastAPI(dependencies=[Depends(deps.e)])
            def view(x: Annotated[str, Depends(b)], y: "Annotated[str, Depends(deps.f)]", z=Security(dependency=c)): ...
            @app.get("/", dependencies=[Depends(d), Depends(role("x")), Depends(Allowed()), Depends(allowed.method)])
            async def index(): ...
        """,
        }
    )
    names = ["a", "b", "c", "d", "e", "f", "role.<locals>.check", "Allowed.__call__", "Allowed.method"]
    assert found == {**dict.fromkeys(names, "dependency"), "index": "GET /"}


def test_middleware() -> None:
    """Classes of Starlette, plain ASGI, and functions."""
    found = routes_of("""
        from starlette.middleware import Middleware
        from starlette.middleware.base import BaseHTTPMiddleware
        class Base(BaseHTTPMiddleware): ...
        class Timing(Base):
            async def dispatch(self, request, call_next): ...
        class Plain:
            async def __call__(self, scope, receive, send):
                async def reply(message): ...
        class Listed:
            async def __call__(self, scope, receive, send): ...
        class Other:
            async def dispatch(self): ...
            async def __call__(self): ...
        class Ring(Ring):
            async def dispatch(self): ...
        async def handed(request, call_next): ...
        async def called(request, call_next): ...
        def create(app):
            app.add_middleware(Plain, size=1)
            app.add_middleware(BaseHTTPMiddleware, dispatch=handed)
            app.middleware("http")(called)
        listed = Starlette(middleware=[Middleware(Listed)])
    """)
    names = [
        "Timing.dispatch",
        "Plain.__call__",
        "Plain.__call__.<locals>.reply",
        "Listed.__call__",
        "handed",
        "called",
    ]
    assert found == dict.fromkeys(names, "middleware")


def test_parts_in_the_life_of_an_application() -> None:
    """Lifespans, events, handlers of exceptions, and what runs after a response."""
    found = routes_of("""
        from contextlib import asynccontextmanager
        from fastapi import BackgroundTasks, FastAPI
        from starlette.background import BackgroundTask
        @asynccontextmanager
        async def lifespan(app): yield
        async def started(): ...
        async def begun(): ...
        async def stopped(): ...
        async def ended(): ...
        async def failed(request, error): ...
        async def broken(request, error): ...
        async def later(): ...
        async def after(): ...
        async def queued(): ...
        async def mine(): ...
        HANDLERS = {ValueError: failed}
        app = FastAPI(lifespan=lifespan, on_startup=[started], on_shutdown=[stopped], exception_handlers=HANDLERS)
        app.add_event_handler("startup", begun)
        app.add_event_handler(event_type="shutdown", func=ended)
        app.add_exception_handler(KeyError, broken)
        def view(tasks: BackgroundTasks, background, queue: Queue):
            tasks.add_task(later, 1)
            background.add_task(queued)
            queue.add_task(mine)
            return JSONResponse(1, background=BackgroundTask(after))
    """)
    assert found == {
        "lifespan": "lifespan",
        "started": "startup",
        "begun": "startup",
        "stopped": "shutdown",
        "ended": "shutdown",
        "failed": "exception handler",
        "broken": "exception handler",
        "later": "background task",
        "after": "background task",
        "queued": "background task",
    }


def test_a_route_goes_before_a_part_and_both_are_inherited_by_functions_within() -> None:
    """The generator of a streamed response is part of its route, even if the route is a plain function."""
    found = routes_of("""
        from fastapi import BackgroundTasks, Depends, FastAPI
        app = FastAPI()
        @app.get("/x")
        def view(tasks: BackgroundTasks, y=Depends(read)):
            async def chunks(): ...
            async def task(): ...
            tasks.add_task(task)
        @app.get("/y")
        async def read(): ...
        async def both(x=Depends(both)): ...
        app.add_exception_handler(KeyError, both)
    """)
    assert found == {
        "view.<locals>.chunks": "GET /x",
        "view.<locals>.task": "background task",
        "read": "GET /y",
        "both": "exception handler",
    }


@pytest.mark.parametrize(
    "source",
    [
        "x = x\napp = wrap(app)\napp = wrap(app, app)\n@app.get(x)\nasync def view(): ...",
        "p = p + p\nl = l + l\napp = FastAPI()\n@app.api_route(p, methods=l)\nasync def view(): ...",
        "app = APIRouter(prefix='/a')\napp.include_router(app, prefix='/b')\n@app.get('/c')\nasync def view(): ...",
        "x = y or y\ny = x or x\napp = FastAPI()\n@app.get(x)\nasync def view(): ...",
        "def f(): return f()\n@f().get('/c')\nasync def view(): ...",
        "class A(B): ...\nclass B(A): ...\n@A.router.get('/c')\nasync def view(): ...",
        "from app import app, app as again\nagain.include_router(app)\n@app.get('/c')\nasync def view(): ...",
        "from . import call\n@app.get('/c')\nasync def view():\n    global call, a, b, c, d, e\n    FastAPI()",
        (
            "app.include_router()\nMount()\nRoute()\nDepends()\nadd_task()\nx.add_task()\nadd_middleware()\nadd_route(1)\n"
            "x()()\nadd_event_handler()\nadd_exception_handler(1)\nMiddleware(*x)\nFastAPI(**x)\n@app.get('/c')\n"
            "async def view(): ..."
        ),
    ],
)
def test_code_that_leads_in_circles_has_routes_all_the_same(source: str) -> None:
    """Names, routers, functions, classes and modules that refer to themselves."""
    assert len(routes_of(f"from fastapi import APIRouter, FastAPI\n{source}")) <= 1


def test_long_chains_end() -> None:
    """Hundreds of routers within each other, constants that double, classes that inherit."""
    routers = "".join(f"r{n} = APIRouter(prefix='/p')\nr{n}.include_router(r{n + 1})\n" for n in range(500))
    classes = "".join(f"class C{n}(C{n + 1}): ...\n" for n in range(1500))
    doubled = "".join(f"s{n} = s{n + 1} + s{n + 1}\n" for n in range(500))
    found = routes_of(
        f"from fastapi import APIRouter\n{routers}{doubled}r500 = APIRouter(prefix=s0)\n"
        "s500 = 'x'\n@r499.get('/end')\nasync def end(): ...\n@r500.get(s450)\nasync def far(): ...\n"
        f"{classes}class C1500(BaseHTTPMiddleware): ...\nclass Last(C0):\n    async def dispatch(self): ..."
    )
    assert found["Last.dispatch"] == "middleware"
    assert found["end"].startswith("GET /p/p/p")
    assert len(found["far"]) < 2000


_SEGMENTS = st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=4), max_size=6)


@given(_SEGMENTS, st.randoms())
def test_a_chain_of_inclusions_is_the_path_whatever_the_order_of_the_files(segments: list[str], random: Random) -> None:
    """Each router in a file of its own, included by the one before it."""
    files = {"m0.py": "from fastapi import FastAPI\nr = FastAPI()\n"}
    for n, segment in enumerate(segments, start=1):
        files[f"m{n}.py"] = "from fastapi import APIRouter\nr = APIRouter()\n"
        files[f"m{n - 1}.py"] += f"import m{n}\nr.include_router(m{n}.r, prefix='/{segment}')\n"
    files[f"m{len(segments)}.py"] += "@r.get('/end')\nasync def end(): ...\n"
    order = list(files)
    random.shuffle(order)
    assert routes_of({path: files[path] for path in order}) == {"end": f"GET {''.join('/' + s for s in segments)}/end"}

"""The habits that every test shares. CONTRIBUTING.md describes them."""

from tests.support.backends import (
    anyio_backend as anyio_backend,
    pytest_collection_modifyitems as pytest_collection_modifyitems,
)
from tests.support.leaks import (
    no_leaks as no_leaks,
    pytest_configure as pytest_configure,
    pytest_pyfunc_call as pytest_pyfunc_call,
)

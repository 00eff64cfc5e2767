# What scan needs to know of exa_py.api.
from exa_py import AsyncExa as AsyncExa
from exa_py import Exa as Exa

# What scan needs to know of zeep.client.
from zeep import (
    AsyncClient as AsyncClient,
    CachingClient as CachingClient,
    Client as Client,
)

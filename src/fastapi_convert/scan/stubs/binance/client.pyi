# What scan needs to know of binance.client.
from binance import AsyncClient as AsyncClient
from binance import Client as Client

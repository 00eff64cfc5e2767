"""Stores of jobs: the protocol that all of them keep, and the one on an SQLite file of this machine."""

from __future__ import annotations

from .protocol import Ledger
from .sqlite import SQLiteLedger

__all__ = ("Ledger", "SQLiteLedger")

"""A report that takes its time, as legacy code knows it: synchronous, and nobody converted it."""

from __future__ import annotations

import os
import time

STEP = float(os.environ.get("SHOP_REPORT_STEP", "0.1"))


def yearly_report(customer: int) -> dict[str, float]:
    """Sum up a customer's year, month by month."""
    totals = {}
    for month in range(1, 13):
        time.sleep(STEP)  # the old reporting database
        totals[f"2025-{month:02}"] = round(customer * month * 1.25, 2)
    return totals

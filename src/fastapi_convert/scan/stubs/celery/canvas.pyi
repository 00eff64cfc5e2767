# What scan needs to know of celery.canvas.
from celery import (
    Signature as Signature,
    chain as chain,
    chord as chord,
    group as group,
    signature as signature,
)

# What scan needs to know of sqlalchemy.engine.result.
from sqlalchemy.engine import (
    ChunkedIteratorResult as ChunkedIteratorResult,
    IteratorResult as IteratorResult,
    MappingResult as MappingResult,
    Result as Result,
    ScalarResult as ScalarResult,
)

# What scan needs to know of sqlalchemy.future.
from sqlalchemy import (
    Connection as Connection,
    Engine as Engine,
    Select as Select,
    create_engine as create_engine,
    select as select,
)

# What scan needs to know of fastapi.params.
from fastapi import (
    Depends as Depends,
    Security as Security,
)

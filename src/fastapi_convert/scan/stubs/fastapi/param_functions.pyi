# What scan needs to know of fastapi.param_functions.
from fastapi import (
    Depends as Depends,
    Security as Security,
)

# What scan needs to know of fastapi.datastructures.
from starlette.datastructures import (
    URL as URL,
    Address as Address,
    FormData as FormData,
    Headers as Headers,
    QueryParams as QueryParams,
    State as State,
    UploadFile as UploadFile,
)

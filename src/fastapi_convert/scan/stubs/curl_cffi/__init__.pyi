# What scan needs to know of curl_cffi.
from curl_cffi.requests import (
    AsyncSession as AsyncSession,
    Session as Session,
    delete as delete,
    get as get,
    head as head,
    options as options,
    patch as patch,
    post as post,
    put as put,
    request as request,
)

# What scan needs to know of supabase.client.
from supabase import (
    AsyncClient as AsyncClient,
    Client as Client,
    create_client as create_client,
)

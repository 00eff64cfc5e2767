# What scan needs to know of elasticsearch.dsl.
from elasticsearch_dsl import (
    Document as Document,
    Index as Index,
    MultiSearch as MultiSearch,
    Search as Search,
    UpdateByQuery as UpdateByQuery,
)

"""LangChain and LlamaIndex beyond their models: stores, old chains, databases and searches behind tools, ingestion."""

from __future__ import annotations

from functools import partial

from ._categories import CPU, DATABASE, FILES, SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)

_STORE = "langchain_core.vectorstores.InMemoryVectorStore"
_DATABASE = 'langchain_community.utilities.SQLDatabase.from_uri("sqlite://")'
_WRAPPERS = {
    "run load": "ArxivAPIWrapper PubMedAPIWrapper WikipediaAPIWrapper",
    "run": "OpenWeatherMapAPIWrapper WolframAlphaAPIWrapper",
    "run results": "BingSearchAPIWrapper DuckDuckGoSearchAPIWrapper GoogleSearchAPIWrapper GoogleSerperAPIWrapper "
    "SearxSearchWrapper SerpAPIWrapper",
}
_LANGCHAIN = (
    *_rows(
        "langchain_core.vectorstores.VectorStore",
        "from_documents from_texts",
        "langchain_core.vectorstores.VectorStore.a*",
        construct=_STORE,
        arguments="[], x",
        note="Embeds every document.",
    ),
    *calls(
        "langchain_community.vectorstores.FAISS",
        "load_local save_local",
        category=FILES,
        construct="langchain_community.vectorstores.FAISS",
        arguments='"folder"',
    ),
    *_rows(
        "langchain.chains.base.Chain",
        "__call__",
        "langchain_core.runnables.Runnable.ainvoke",
        construct="langchain.chains.LLMChain()",
        arguments="{}",
        note="Of langchain before 1.0.",
    ),
    *_rows(
        "langchain_core.language_models.BaseLLM",
        "generate",
        "langchain_core.language_models.BaseLLM.agenerate",
        construct="langchain_community.llms.Ollama()",
        arguments="[]",
    ),
    *calls(
        "langchain_community.utilities.SQLDatabase",
        "from_uri",
        category=DATABASE,
        construct="langchain_community.utilities.SQLDatabase",
        arguments='"sqlite://"',
        note="Reads the schema.",
    ),
    *calls(
        "langchain_community.utilities.SQLDatabase",
        "run run_no_throw get_table_info get_table_info_no_throw",
        category=DATABASE,
        construct=_DATABASE,
        arguments='"SELECT 1"',
    ),
    *(
        row
        for names, wrappers in _WRAPPERS.items()
        for wrapper in wrappers.split()
        for row in _rows(
            f"langchain_community.utilities.{wrapper}",
            names,
            construct=f"langchain_community.utilities.{wrapper}()",
            arguments='"text"',
        )
    ),
)

_INDEX = "llama_index.core.VectorStoreIndex"
_LLAMA = (
    *_rows("llama_index.core", "VectorStoreIndex", arguments="[]", level="warn", note="Embeds the nodes it is given."),
    *_rows(
        "llama_index.core.BaseIndex",
        "insert insert_nodes refresh_ref_docs delete_ref_doc",
        construct=f"{_INDEX}([])",
        arguments="[]",
        note="Newer versions have the same names with `a` in front.",
    ),
    *_rows(
        "llama_index.core.PropertyGraphIndex",
        "from_documents",
        construct="llama_index.core.PropertyGraphIndex",
        arguments="[]",
        note="Asks the model about every node.",
    ),
    *calls("llama_index.core", "load_index_from_storage", category=FILES, arguments="x"),
    *_rows(
        "llama_index.core.embeddings.BaseEmbedding",
        "get_text_embedding get_query_embedding get_text_embedding_batch",
        "llama_index.core.embeddings.BaseEmbedding.a*",
        construct="llama_index.embeddings.openai.OpenAIEmbedding()",
        arguments='"text"',
    ),
    *_rows(
        "llama_index.core.ingestion.IngestionPipeline",
        "run",
        "llama_index.core.ingestion.IngestionPipeline.arun",
        construct="llama_index.core.ingestion.IngestionPipeline()",
    ),
    *calls(
        "llama_index.core.node_parser.NodeParser",
        "get_nodes_from_documents",
        "ProcessPool",
        category=CPU,
        level="warn",
        construct="llama_index.core.node_parser.SentenceSplitter()",
        arguments="[]",
    ),
)

ROWS: tuple[Blocking, ...] = (*_LANGCHAIN, *_LLAMA)

"""Models that run in this process without being asked to learn: language, embeddings, faces, forecasts."""

from __future__ import annotations

from ._categories import CPU, FILES, HTTP
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_LOAD_ONCE = "Load it once, in the lifespan, on a thread: seconds from the disk, minutes if it must be fetched first."
_ONE_THREAD = "One model answers one question at a time: a pool of one thread, or a server of its own."

_LLAMA = 'llama_cpp.Llama("x")'
_LANGUAGE = (
    *calls("llama_cpp", "Llama", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "llama_cpp.Llama",
        "__call__ create_chat_completion create_completion create_embedding embed generate",
        category=CPU,
        construct=_LLAMA,
        arguments='"text"',
        note=_ONE_THREAD,
    ),
    *calls("vllm", "LLM", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "vllm.LLM",
        "generate chat embed encode score",
        category=CPU,
        construct='vllm.LLM("x")',
        arguments='"text"',
        note="`vllm.AsyncLLMEngine` serves many requests at once.",
    ),
    *calls("gpt4all", "GPT4All", category=HTTP, arguments='"x"', note=_LOAD_ONCE),
    *calls("gpt4all.GPT4All", "generate", category=CPU, construct='gpt4all.GPT4All("x")', note=_ONE_THREAD),
    *calls("keybert.KeyBERT", "extract_keywords", category=CPU, construct="keybert.KeyBERT()", arguments='"text"'),
    *calls("stanza", "download Pipeline", category=HTTP, arguments='"en"', note=_LOAD_ONCE),
)

_BGE = 'FlagEmbedding.BGEM3FlagModel("x")'
_EMBEDDINGS = (
    *(
        row
        for kind in ("TextEmbedding", "SparseTextEmbedding", "LateInteractionTextEmbedding", "ImageEmbedding")
        for row in (
            *calls("fastembed", kind, category=HTTP, note=_LOAD_ONCE),
            *calls(
                f"fastembed.{kind}",
                "embed query_embed passage_embed" if "Text" in kind else "embed",
                category=CPU,
                construct=f"fastembed.{kind}()",
                arguments='"text"',
                note="Computes while its vectors are read: read them on the same thread.",
            ),
        )
    ),
    *calls("FlagEmbedding", "BGEM3FlagModel FlagModel FlagReranker", category=HTTP, arguments='"x"', note=_LOAD_ONCE),
    *calls("FlagEmbedding.BGEM3FlagModel", "encode compute_score", category=CPU, construct=_BGE, arguments='"text"'),
    *calls(
        "FlagEmbedding.FlagModel",
        "encode encode_queries encode_corpus",
        category=CPU,
        construct='FlagEmbedding.FlagModel("x")',
        arguments='"text"',
    ),
    *calls(
        "FlagEmbedding.FlagReranker",
        "compute_score",
        category=CPU,
        construct='FlagEmbedding.FlagReranker("x")',
        arguments="[]",
    ),
)

_OTHERS = (
    *calls("insightface.app", "FaceAnalysis", category=HTTP, note=_LOAD_ONCE),
    *calls("insightface.app.FaceAnalysis", "get", category=CPU, construct="insightface.app.FaceAnalysis()"),
    *calls("tflite_runtime.interpreter", "Interpreter", category=FILES, arguments='"x"', note=_LOAD_ONCE),
    *calls(
        "tflite_runtime.interpreter.Interpreter",
        "invoke",
        category=CPU,
        construct='tflite_runtime.interpreter.Interpreter("x")',
    ),
    *calls("prophet.Prophet", "fit predict", "ProcessPool", category=CPU, construct="prophet.Prophet()", arguments="x"),
    *calls("umap.UMAP", "fit fit_transform", "ProcessPool", category=CPU, construct="umap.UMAP()", arguments="x"),
)

ROWS: tuple[Blocking, ...] = (*_LANGUAGE, *_EMBEDDINGS, *_OTHERS)

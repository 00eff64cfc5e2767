"""What agents and pipelines call: frameworks, searches, sandboxes, memories, readers of documents, records of runs."""

from __future__ import annotations

from functools import partial

from ._categories import CPU, FILES, HTTP, SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)
_SAME = "The same call with `await`, on the async client."
_IN_A_LOOP = "In a running loop this raises RuntimeError: await the other one instead."

_FRAMEWORKS = (
    *_rows(
        "haystack.Pipeline",
        "run",
        "haystack.Pipeline.run_async",
        construct="haystack.Pipeline()",
        note="Before haystack 3, of `AsyncPipeline`.",
    ),
    *_rows("agno.agent.Agent", "run", "agno.agent.Agent.arun", construct="agno.agent.Agent()"),
    *_rows("agno.agent.Agent", "print_response", "agno.agent.Agent.aprint_response", construct="agno.agent.Agent()"),
    *_rows("agno.team.Team", "run", "agno.team.Team.arun", construct="agno.team.Team()"),
    *_rows(
        "pydantic_ai.Agent",
        "run_sync",
        "pydantic_ai.Agent.run",
        construct="pydantic_ai.Agent()",
        arguments='"text"',
        note=_IN_A_LOOP,
    ),
    *_rows("agents.Runner", "run_sync", "agents.Runner.run", construct="agents.Runner", arguments="x", note=_IN_A_LOOP),
    *_rows("smolagents.CodeAgent", "run", construct="smolagents.CodeAgent()", arguments='"text"'),
    *_rows("smolagents.ToolCallingAgent", "run", construct="smolagents.ToolCallingAgent()", arguments='"text"'),
)

_COMPOSIO = "composio.Composio()"
_SEARCHES = (
    *_rows(
        "exa_py.Exa",
        "request search search_* get_contents find_similar find_similar_and_contents answer stream_answer",
        "exa_py.AsyncExa",
        construct='exa_py.Exa("key")',
        arguments='"text"',
        note=_SAME,
    ),
    *_rows(
        "linkup.LinkupClient",
        "search fetch research get_research list_research create_tasks get_task list_tasks",
        "linkup.LinkupClient.async_*",
        construct="linkup.LinkupClient()",
    ),
    *_rows(
        "composio.Composio", "tools.* toolkits.* connected_accounts.* auth_configs.* triggers.*", construct=_COMPOSIO
    ),
    *_rows(
        "composio.ComposioToolSet",
        "execute_action get_tools get_action initiate_connection get_connected_account get_entity",
        construct="composio.ComposioToolSet()",
        note="Of composio before 0.8.",
    ),
    *_rows("arxiv.Client", "results", construct="arxiv.Client()", arguments="x", note="Asks for each page of results."),
    *_rows("arxiv.Search", "results", construct='arxiv.Search("text")'),
)

_E2B = "e2b_code_interpreter.Sandbox.create()"
_DAYTONA = "daytona.Daytona()"
_BOX = f"{_DAYTONA}.create()"
_SANDBOXES = (
    *_rows("e2b", "Sandbox", "e2b.AsyncSandbox", note="Since version 2: `await AsyncSandbox.create()`."),
    *_rows(
        "e2b.Sandbox",
        "create connect kill set_timeout get_info get_metrics is_running pause fork list create_snapshot",
        "e2b.AsyncSandbox.*",
        construct="e2b.Sandbox.create()",
    ),
    *_rows("e2b.Sandbox", "__exit__", "e2b.AsyncSandbox", construct="e2b.Sandbox.create()", note="Kills the sandbox."),
    *_rows(
        "e2b.Sandbox",
        "files.* git.* pty.*",
        "e2b.AsyncSandbox",
        construct="e2b.Sandbox.create()",
        note=_SAME,
    ),
    *_rows(
        "e2b.sandbox_sync.commands.command.Commands",
        "*",
        "e2b.AsyncSandbox",
        construct="e2b.Sandbox.create().commands",
        note=_SAME,
    ),
    *_rows(
        "e2b.CommandHandle",
        "wait kill",
        "e2b.AsyncCommandHandle.*",
        construct='e2b.Sandbox.create().commands.run("ls")',
    ),
    *_rows(
        "e2b_code_interpreter.Sandbox",
        "run_code create_code_context remove_code_context list_code_contexts restart_code_context",
        "e2b_code_interpreter.AsyncSandbox.*",
        construct=_E2B,
        arguments='"text"',
    ),
    *_rows("daytona.Daytona", "create delete get list start stop", "daytona.AsyncDaytona.*", construct=_DAYTONA),
    *_rows(
        "daytona.Sandbox",
        "start stop delete archive refresh_data get_preview_link get_user_home_dir get_work_dir set_labels "
        "wait_for_sandbox_start wait_for_sandbox_stop",
        "daytona.AsyncSandbox.*",
        construct=_BOX,
    ),
    *_rows(
        "daytona.Sandbox",
        "process.* fs.* git.* code_interpreter.* computer_use.*",
        "daytona.AsyncSandbox",
        construct=_BOX,
        note=_SAME,
    ),
)

_MEMORY_CALLS = "add search get get_all update delete delete_all history reset"
_MEMORIES = (
    *_rows("mem0.Memory", _MEMORY_CALLS, "mem0.AsyncMemory.*", construct="mem0.Memory()", arguments='"text"'),
    *_rows(
        "mem0.MemoryClient",
        f"{_MEMORY_CALLS} users",
        "mem0.AsyncMemoryClient.*",
        construct="mem0.MemoryClient()",
        arguments='"text"',
    ),
    *_rows("voyageai.Client", "embed rerank multimodal_embed", "voyageai.AsyncClient.*", construct="voyageai.Client()"),
)

_CHUNKED = "Milliseconds for a page, seconds for a book; semantic chunkers run a model."
_SPLIT = "Milliseconds for a page, seconds for a thousand."
_SPLITTER = "langchain_text_splitters.RecursiveCharacterTextSplitter()"
_READER = "docling.document_converter.DocumentConverter()"
_FORMATS = "csv doc docx email epub html image json md msg odt org pdf ppt pptx rst rtf text tsv xlsx xml"
_READERS = (
    *calls(
        "docling.document_converter.DocumentConverter",
        "convert convert_all convert_string",
        "ProcessPool",
        category=CPU,
        construct=_READER,
        arguments='"x"',
        note="Loads its models the first time, and runs them on every page.",
    ),
    *calls("unstructured.partition.auto", "partition", "ProcessPool", category=CPU, arguments='"x"'),
    *(
        row
        for name in _FORMATS.split()
        for row in calls(
            f"unstructured.partition.{name}", f"partition_{name}", "ProcessPool", category=CPU, arguments='"x"'
        )
    ),
    *calls(
        "unstructured.partition.api", "partition_via_api partition_multiple_via_api", category=HTTP, arguments='"x"'
    ),
    *_rows(
        "unstructured_client.UnstructuredClient.general",
        "partition",
        "unstructured_client.UnstructuredClient.general.partition_async",
        construct="unstructured_client.UnstructuredClient().general",
    ),
    *(
        row
        for package in ("llama_parse", "llama_cloud_services")
        for row in (
            *_rows(
                f"{package}.LlamaParse",
                "load_data parse",
                f"{package}.LlamaParse.a*",
                construct=f"{package}.LlamaParse()",
                arguments='"x"',
            ),
            *_rows(
                f"{package}.LlamaParse",
                "get_json_result",
                f"{package}.LlamaParse.aget_json",
                construct=f"{package}.LlamaParse()",
                arguments='"x"',
            ),
        )
    ),
    *calls(
        "chonkie.BaseChunker",
        "chunk chunk_batch chunk_document __call__",
        "ProcessPool",
        category=CPU,
        level="warn",
        construct="chonkie.TokenChunker()",
        arguments='"text"',
        note=_CHUNKED,
    ),
    *calls(
        "chonkie.AutoEmbeddings",
        "get_embeddings",
        category=HTTP,
        construct="chonkie.AutoEmbeddings",
        arguments='"m"',
        note="Loads a model, and downloads it the first time.",
    ),
    *calls(
        "chonkie.BaseEmbeddings",
        "embed embed_batch",
        category=CPU,
        construct='chonkie.AutoEmbeddings.get_embeddings("m")',
        arguments='"text"',
        note="Runs a model, or asks a service.",
    ),
    *calls(
        "langchain_text_splitters.TextSplitter",
        "split_documents create_documents transform_documents",
        "ProcessPool",
        category=CPU,
        level="warn",
        construct=_SPLITTER,
        arguments="[]",
        note=_SPLIT,
    ),
    *calls(
        "langchain_text_splitters.TextSplitter",
        "split_text",
        "ProcessPool",
        category=CPU,
        level="all",
        construct=_SPLITTER,
        arguments='"text"',
        note=_SPLIT,
    ),
    *calls(
        "tiktoken",
        "get_encoding encoding_for_model",
        category=HTTP,
        level="warn",
        arguments='"name"',
        note="Downloads the vocabulary the first time, and reads it from disk in every new process.",
    ),
    *calls(
        "tokenizers.Tokenizer",
        "from_pretrained",
        category=HTTP,
        construct="tokenizers.Tokenizer",
        arguments='"name"',
        note="Asks the hub for the file, even when it is on disk.",
    ),
    *calls("tokenizers.Tokenizer", "from_file", category=FILES, construct="tokenizers.Tokenizer", arguments='"x"'),
)

_FIRST_TIME = "Prompts are cached for a minute: the first call for one waits, later ones are refreshed behind its back."
_BEHIND = "Hands it to a process in the background, and waits when that one cannot keep up."
_RUNS = (
    *_rows(
        "langfuse.Langfuse",
        "flush shutdown auth_check get_dataset create_dataset create_dataset_item create_prompt update_prompt "
        "run_experiment",
        construct="langfuse.Langfuse()",
    ),
    *_rows(
        "langfuse.Langfuse",
        "get_prompt",
        level="warn",
        construct="langfuse.Langfuse()",
        arguments='"name"',
        note=_FIRST_TIME,
    ),
    *_rows(
        "langfuse.Langfuse",
        "api.trace.* api.sessions.* api.observations.* api.datasets.* api.prompts.*",
        "langfuse.Langfuse.async_api",
        construct="langfuse.Langfuse()",
        note="The same call with `await`, on `async_api` in place of `api`.",
    ),
    *_rows("wandb", "init finish login use_artifact sweep agent"),
    *_rows("wandb", "log log_artifact save alert", level="warn", arguments="{}", note=_BEHIND),
    *_rows("wandb.Run", "finish use_artifact", construct="wandb.init()"),
    *_rows("wandb.Run", "__exit__", construct="wandb.init()", note="Waits until all has been sent."),
    *_rows("wandb.Run", "log log_artifact save alert", level="warn", construct="wandb.init()", note=_BEHIND),
    *_rows("wandb.Artifact", "download wait", construct='wandb.init().use_artifact("name")'),
    *_rows("wandb.Api", "run runs artifact artifacts projects sweep", construct="wandb.Api()", arguments='"name"'),
)

ROWS: tuple[Blocking, ...] = (*_FRAMEWORKS, *_SEARCHES, *_SANDBOXES, *_MEMORIES, *_READERS, *_RUNS)

"""Language models, embeddings, vector stores, speech and search for models."""

from __future__ import annotations

from functools import partial

from ._categories import SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)
_SAME = "The same call with `await`, on the async client."
_OLD = "Of openai before 1.0. `await client.chat.completions.create(...)` and so on, on the async client."
_COLLECTION = "`offload`, or the async client where Chroma runs as a server."

_OPENAI = (
    "chat.completions.create chat.completions.parse chat.completions.stream chat.completions.with_raw_response.create "
    "beta.chat.completions.parse beta.chat.completions.stream responses.create responses.parse responses.stream "
    "responses.retrieve responses.delete responses.cancel completions.create embeddings.create moderations.create "
    "images.generate images.edit images.create_variation audio.transcriptions.create audio.translations.create "
    "audio.speech.create audio.speech.with_streaming_response.create models.list models.retrieve files.create "
    "files.list files.retrieve files.delete files.content files.wait_for_processing batches.create batches.retrieve "
    "batches.list fine_tuning.jobs.create fine_tuning.jobs.retrieve vector_stores.create vector_stores.search "
    "vector_stores.files.create_and_poll vector_stores.files.upload_and_poll "
    "vector_stores.file_batches.upload_and_poll "
    "beta.assistants.create beta.assistants.retrieve beta.threads.create beta.threads.retrieve "
    "beta.threads.messages.create beta.threads.messages.list beta.threads.runs.create beta.threads.runs.retrieve "
    "beta.threads.runs.create_and_poll beta.threads.runs.poll beta.threads.runs.stream "
    "beta.threads.runs.submit_tool_outputs"
)
_AZURE = (
    "chat.completions.create chat.completions.parse chat.completions.stream beta.chat.completions.parse "
    "responses.create responses.parse responses.stream completions.create embeddings.create images.generate "
    "audio.transcriptions.create audio.speech.create"
)
_ANTHROPIC = (
    "messages.create messages.stream messages.parse messages.count_tokens messages.batches.create "
    "messages.batches.retrieve messages.batches.results beta.messages.create beta.messages.stream "
    "beta.messages.count_tokens models.list"
)
_MODELS = "chat.completions.create embeddings.create models.list"

_VENDORS = (
    *_rows("openai.OpenAI", _OPENAI, "openai.AsyncOpenAI", construct="openai.OpenAI()", note=_SAME),
    *_rows("openai.AzureOpenAI", _AZURE, "openai.AsyncAzureOpenAI", construct="openai.AzureOpenAI()", note=_SAME),
    *_rows("openai", _AZURE, "openai.AsyncOpenAI", note="The module is a client itself, a synchronous one."),
    *_rows("openai.ChatCompletion", "create", "openai.AsyncOpenAI", construct="openai.ChatCompletion", note=_OLD),
    *_rows("openai.Completion", "create", "openai.AsyncOpenAI", construct="openai.Completion", note=_OLD),
    *_rows("openai.Embedding", "create", "openai.AsyncOpenAI", construct="openai.Embedding", note=_OLD),
    *_rows("openai.Moderation", "create", "openai.AsyncOpenAI", construct="openai.Moderation", note=_OLD),
    *_rows("openai.Image", "create create_edit", "openai.AsyncOpenAI", construct="openai.Image", note=_OLD),
    *_rows("openai.Audio", "transcribe translate", "openai.AsyncOpenAI", construct="openai.Audio", note=_OLD),
    *_rows(
        "anthropic.Anthropic", _ANTHROPIC, "anthropic.AsyncAnthropic", construct="anthropic.Anthropic()", note=_SAME
    ),
    *_rows(
        "anthropic.AnthropicBedrock",
        "messages.create messages.stream beta.messages.create",
        "anthropic.AsyncAnthropicBedrock",
        construct="anthropic.AnthropicBedrock()",
        note=_SAME,
    ),
    *_rows(
        "anthropic.AnthropicVertex",
        "messages.create messages.stream beta.messages.create",
        "anthropic.AsyncAnthropicVertex",
        construct='anthropic.AnthropicVertex(region="r")',
        note=_SAME,
    ),
    *_rows(
        "google.genai.Client",
        "models.generate_content models.generate_content_stream models.embed_content models.count_tokens "
        "models.generate_images models.edit_image models.generate_videos models.list models.get files.upload files.get "
        "files.list files.delete files.download caches.create caches.get batches.create batches.get operations.get",
        "google.genai.client.AsyncClient",
        construct="google.genai.Client()",
        note="The same call with `await`, on `client.aio`.",
    ),
    *_rows(
        "google.genai.chats.Chat",
        "send_message send_message_stream",
        "google.genai.chats.AsyncChat.*",
        construct='google.genai.Client().chats.create(model="m")',
        note="`client.aio.chats.create(...)`.",
    ),
    *_rows(
        "google.generativeai.GenerativeModel",
        "generate_content count_tokens",
        "google.genai.client.AsyncClient",
        construct='google.generativeai.GenerativeModel("m")',
        arguments='"text"',
        note="`await model.generate_content_async(...)`; Google keeps only its successor, google-genai.",
    ),
    *_rows(
        "google.generativeai.ChatSession",
        "send_message",
        "google.genai.chats.AsyncChat.send_message",
        construct='google.generativeai.GenerativeModel("m").start_chat()',
        arguments='"text"',
        note="`await chat.send_message_async(...)`; Google keeps only its successor, google-genai.",
    ),
    *_rows(
        "google.generativeai",
        "embed_content upload_file get_file list_files delete_file list_models get_model",
        "google.genai.client.AsyncClient",
        arguments='"name"',
        note="Google keeps only its successor, google-genai.",
    ),
    *_rows(
        "mistralai.client.Mistral",
        "chat.complete chat.stream chat.parse embeddings.create ocr.process agents.complete fim.complete files.upload "
        "models.list",
        construct="mistralai.client.Mistral()",
        note="The client has async twins of its methods: `await client.chat.complete_async(...)`.",
    ),
    *_rows(
        "cohere.Client",
        "chat chat_stream embed rerank classify tokenize generate summarize",
        "cohere.AsyncClient.*",
        construct="cohere.Client()",
    ),
    *_rows("cohere.ClientV2", "chat chat_stream embed rerank", "cohere.AsyncClientV2.*", construct="cohere.ClientV2()"),
    *_rows(
        "groq.Groq",
        f"{_MODELS} audio.transcriptions.create audio.translations.create audio.speech.create",
        "groq.AsyncGroq",
        construct="groq.Groq()",
        note=_SAME,
    ),
    *_rows(
        "together.Together",
        f"{_MODELS} completions.create images.generate files.upload rerank.create",
        "together.AsyncTogether",
        construct="together.Together()",
        note=_SAME,
    ),
    *_rows("replicate", "run", "replicate.async_run", arguments='"owner/model"'),
    *_rows("replicate", "stream", "replicate.async_stream", arguments='"owner/model"'),
    *_rows("replicate.Client", "run", "replicate.Client.async_run", construct="replicate.Client()"),
    *_rows("replicate.Client", "stream", "replicate.Client.async_stream", construct="replicate.Client()"),
    *_rows(
        "replicate.Client",
        "predictions.create predictions.get models.get deployments.get",
        construct="replicate.Client()",
        note="The same names have twins that begin with `async_`.",
    ),
    *_rows("replicate", "predictions.create predictions.get models.get", note="The twins begin with `async_`."),
    *_rows(
        "ollama", "chat generate embed embeddings pull push create list show ps delete copy", "ollama.AsyncClient.*"
    ),
    *_rows(
        "ollama.Client",
        "chat generate embed embeddings pull push create list show ps delete copy",
        "ollama.AsyncClient.*",
        construct="ollama.Client()",
    ),
    *_rows(
        "huggingface_hub.InferenceClient",
        "chat_completion text_generation feature_extraction summarization translation text_to_image image_to_text "
        "text_to_speech automatic_speech_recognition text_classification token_classification question_answering "
        "zero_shot_classification image_classification object_detection sentence_similarity fill_mask",
        "huggingface_hub.AsyncInferenceClient.*",
        construct="huggingface_hub.InferenceClient()",
        arguments='"text"',
    ),
    *_rows(
        "huggingface_hub.InferenceClient",
        "chat.completions.create",
        "huggingface_hub.AsyncInferenceClient",
        construct="huggingface_hub.InferenceClient()",
    ),
    *_rows(
        "huggingface_hub",
        "hf_hub_download snapshot_download upload_file upload_folder create_repo delete_repo list_models list_datasets "
        "list_repo_files model_info dataset_info repo_exists file_exists whoami",
        arguments='"owner/name"',
    ),
    *_rows(
        "huggingface_hub.HfApi",
        "hf_hub_download snapshot_download upload_file upload_folder create_repo delete_repo list_models list_datasets "
        "list_repo_files model_info dataset_info repo_exists file_exists whoami",
        construct="huggingface_hub.HfApi()",
        arguments='"owner/name"',
    ),
    *_rows("litellm", "completion", "litellm.acompletion", arguments='"model", []'),
    *_rows(
        "litellm",
        "text_completion embedding image_generation transcription speech moderation rerank responses",
        "litellm.a*",
        arguments='"model"',
    ),
    *_rows("litellm.Router", "completion embedding", "litellm.Router.a*", construct="litellm.Router()"),
)

_MODEL = 'langchain_openai.ChatOpenAI(model="m")'
_STORE = "langchain_core.vectorstores.InMemoryVectorStore(None)"

_CHAINS = (
    *_rows(
        "langchain_core.runnables.Runnable",
        "invoke batch stream",
        "langchain_core.runnables.Runnable.a*",
        construct=_MODEL,
        arguments='"text"',
    ),
    *_rows(
        "langchain_core.language_models.BaseChatModel",
        "generate generate_prompt",
        "langchain_core.language_models.BaseChatModel.a*",
        construct=_MODEL,
        arguments="[]",
    ),
    *_rows(
        "langchain_core.language_models.BaseChatModel",
        "predict predict_messages",
        "langchain_core.language_models.BaseChatModel.ainvoke",
        construct=_MODEL,
        arguments='"text"',
        note="Of langchain before 1.0.",
    ),
    *_rows(
        "langchain_core.retrievers.BaseRetriever",
        "get_relevant_documents",
        "langchain_core.retrievers.BaseRetriever.ainvoke",
        construct=f"{_STORE}.as_retriever()",
        arguments='"text"',
        note="Of langchain before 1.0.",
    ),
    *_rows(
        "langchain_core.tools.BaseTool",
        "run",
        "langchain_core.tools.BaseTool.arun",
        construct="langchain_core.tools.tool(print)",
        arguments='"text"',
        level="warn",
        note="Runs the tool here and now.",
    ),
    *_rows(
        "langchain_core.embeddings.Embeddings",
        "embed_documents embed_query",
        "langchain_core.embeddings.Embeddings.a*",
        construct="langchain_openai.OpenAIEmbeddings()",
        arguments='"text"',
    ),
    *_rows(
        "langchain_core.vectorstores.VectorStore",
        "similarity_search similarity_search_with_score similarity_search_by_vector "
        "similarity_search_with_relevance_scores "
        "max_marginal_relevance_search search add_documents add_texts delete get_by_ids",
        "langchain_core.vectorstores.VectorStore.a*",
        construct=_STORE,
        arguments='"text"',
    ),
    *_rows(
        "langchain_core.document_loaders.BaseLoader",
        "load load_and_split lazy_load",
        "langchain_core.document_loaders.BaseLoader.aload",
        construct="langchain_community.document_loaders.WebBaseLoader()",
    ),
    *_rows(
        "langchain.chains.base.Chain",
        "run predict apply",
        "langchain_core.runnables.Runnable.ainvoke",
        construct="langchain.chains.LLMChain()",
        arguments='"text"',
        note="Of langchain before 1.0.",
    ),
    *_rows(
        "llama_index.core.base.base_query_engine.BaseQueryEngine",
        "query",
        "llama_index.core.base.base_query_engine.BaseQueryEngine.aquery",
        construct="llama_index.core.VectorStoreIndex([]).as_query_engine()",
        arguments='"text"',
    ),
    *_rows(
        "llama_index.core.chat_engine.types.BaseChatEngine",
        "chat",
        "llama_index.core.chat_engine.types.BaseChatEngine.achat",
        construct="llama_index.core.VectorStoreIndex([]).as_chat_engine()",
        arguments='"text"',
    ),
    *_rows(
        "llama_index.core.chat_engine.types.BaseChatEngine",
        "stream_chat",
        "llama_index.core.chat_engine.types.BaseChatEngine.astream_chat",
        construct="llama_index.core.VectorStoreIndex([]).as_chat_engine()",
        arguments='"text"',
    ),
    *_rows(
        "llama_index.core.base.base_retriever.BaseRetriever",
        "retrieve",
        "llama_index.core.base.base_retriever.BaseRetriever.aretrieve",
        construct="llama_index.core.VectorStoreIndex([]).as_retriever()",
        arguments='"text"',
    ),
    *_rows(
        "llama_index.core.llms.LLM",
        "complete chat stream_complete stream_chat predict",
        "llama_index.core.llms.LLM.a*",
        construct="llama_index.llms.openai.OpenAI()",
        arguments='"text"',
    ),
    *_rows(
        "llama_index.core.VectorStoreIndex",
        "from_documents",
        construct="llama_index.core.VectorStoreIndex",
        arguments="[]",
        note="Embeds every document.",
    ),
    *_rows(
        "llama_index.core.SimpleDirectoryReader",
        "load_data",
        "llama_index.core.SimpleDirectoryReader.aload_data",
        construct='llama_index.core.SimpleDirectoryReader("folder")',
    ),
)

_PINECONE = 'pinecone.Pinecone().Index("name")'
_CHROMA = 'chromadb.Client().get_collection("name")'
_WEAVIATE = "weaviate.connect_to_local()"

_STORES = (
    *_rows(
        "pinecone.Index",
        "query upsert fetch update delete list describe_index_stats",
        "pinecone.AsyncIndex.*",
        construct=_PINECONE,
    ),
    *_rows(
        "pinecone.Pinecone",
        "create_index delete_index list_indexes describe_index has_index",
        "pinecone.AsyncPinecone",
        construct="pinecone.Pinecone()",
        arguments='"name"',
    ),
    *_rows(
        "qdrant_client.QdrantClient",
        "query_points query_batch_points search search_batch recommend scroll retrieve count upsert upload_points "
        "upload_collection delete set_payload overwrite_payload delete_payload update_vectors get_collection "
        "get_collections collection_exists create_collection recreate_collection update_collection delete_collection "
        "create_payload_index delete_payload_index batch_update_points facet create_snapshot query query_batch add "
        "query_points_groups search_groups recommend_batch recommend_groups discover clear_payload delete_vectors "
        "get_aliases get_collection_aliases update_collection_aliases",
        "qdrant_client.AsyncQdrantClient",
        construct="qdrant_client.QdrantClient()",
        arguments='"name"',
        note=_SAME,
    ),
    *_rows("chromadb", "HttpClient CloudClient", "chromadb.AsyncHttpClient", note="Asks the server who it is."),
    *_rows("chromadb", "PersistentClient", arguments='path="folder"', note="Opens and migrates its database."),
    *_rows(
        "chromadb.ClientAPI",
        "get_collection get_or_create_collection create_collection delete_collection list_collections "
        "count_collections heartbeat reset",
        construct="chromadb.Client()",
        arguments='"name"',
        note=_COLLECTION,
    ),
    *_rows(
        "chromadb.Collection",
        "add query get upsert update delete count peek modify",
        construct=_CHROMA,
        note=_COLLECTION,
    ),
    *_rows(
        "weaviate",
        "connect_to_local connect_to_weaviate_cloud connect_to_custom connect_to_embedded",
        "weaviate.WeaviateAsyncClient",
        note="`weaviate.use_async_with_local(...)` and so on.",
    ),
    *_rows(
        "weaviate.WeaviateClient",
        "connect is_ready is_live get_meta graphql_raw_query",
        "weaviate.WeaviateAsyncClient.*",
        construct=_WEAVIATE,
    ),
    *_rows(
        "weaviate.collections.Collections",
        "create delete delete_all exists list_all",
        "weaviate.WeaviateAsyncClient",
        construct=f"{_WEAVIATE}.collections",
        arguments='"name"',
    ),
    *_rows(
        "weaviate.collections.Collection",
        "query.near_text query.near_vector query.near_object query.bm25 query.hybrid query.fetch_objects "
        "query.fetch_object_by_id query.fetch_objects_by_ids query.near_image query.near_media generate.near_text "
        "generate.near_vector generate.near_object generate.bm25 generate.hybrid generate.fetch_objects "
        "aggregate.over_all aggregate.near_text aggregate.near_vector aggregate.hybrid data.insert data.insert_many "
        "data.update data.replace data.delete_by_id data.delete_many data.exists data.reference_add tenants.create "
        "tenants.get tenants.remove tenants.exists config.get config.update config.add_property exists",
        "weaviate.collections.CollectionAsync",
        construct=f'{_WEAVIATE}.collections.get("name")',
        arguments='"text"',
    ),
)

_OLD_WEAVIATE = (
    *_rows(
        "weaviate.Client",
        "schema.* data_object.* cluster.* is_ready is_live",
        "weaviate.WeaviateAsyncClient",
        construct='weaviate.Client("url")',
        note="Of weaviate before 4.",
    ),
)

_TOOLS = (
    *_rows(
        "tavily.TavilyClient",
        "search extract crawl map qna_search get_search_context",
        "tavily.AsyncTavilyClient.*",
        construct="tavily.TavilyClient()",
        arguments='"text"',
    ),
    *_rows(
        "elevenlabs.client.ElevenLabs",
        "text_to_speech.convert text_to_speech.stream text_to_speech.convert_with_timestamps speech_to_text.convert "
        "speech_to_speech.convert text_to_sound_effects.convert voices.get_all voices.search voices.get models.list",
        "elevenlabs.client.AsyncElevenLabs",
        construct="elevenlabs.client.ElevenLabs()",
        note=_SAME,
    ),
    *_rows(
        "deepgram.DeepgramClient",
        "listen.v1.media.transcribe_file listen.v1.media.transcribe_url speak.v1.audio.generate read.v1.text.analyze",
        "deepgram.AsyncDeepgramClient",
        construct="deepgram.DeepgramClient()",
        note=_SAME,
    ),
    *_rows(
        "crewai.Crew",
        "kickoff kickoff_for_each train test replay",
        "crewai.Crew.akickoff",
        construct="crewai.Crew()",
        note="Minutes of requests to language models: a job suits it better. `akickoff_for_each` takes many inputs.",
    ),
    *_rows("crewai.Agent", "kickoff", "crewai.Agent.kickoff_async", construct="crewai.Agent()", arguments='"question"'),
    *_rows("crewai.LLM", "call", "crewai.LLM.acall", construct='crewai.LLM(model="x")', arguments='"question"'),
    *_rows(
        "crewai.flow.flow.Flow",
        "kickoff",
        "crewai.flow.flow.Flow.kickoff_async",
        construct="crewai.flow.flow.Flow()",
    ),
    *_rows(
        "assemblyai.Transcriber",
        "transcribe transcribe_group submit upload_file",
        construct="assemblyai.Transcriber()",
        arguments='"file"',
    ),
)

ROWS: tuple[Blocking, ...] = (*_VENDORS, *_CHAINS, *_STORES, *_OLD_WEAVIATE, *_TOOLS)

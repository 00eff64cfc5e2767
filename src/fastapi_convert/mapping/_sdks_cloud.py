"""Clouds: storage, queues, tables, secrets and the rest of what AWS, Google, Azure and others sell."""

from __future__ import annotations

from functools import partial

from ._categories import CPU, SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)
_DESCRIPTION = "Reads and parses the description of the service: 10 to 100 ms. Make the client once, it may be shared."
_AWS = "`aioboto3` has the same clients as async context managers; or `offload`, boto3's clients are thread-safe."
_RESOURCE = "A resource is not thread-safe: `offload` the function that makes and uses it."
_S3 = 'boto3.client("s3")'
_TABLE = 'boto3.resource("dynamodb").Table("name")'
_BUCKET = 'boto3.resource("s3").Bucket("name")'

_AMAZON = (
    *calls("boto3", "client resource", category=CPU, arguments='"s3"', level="warn", note=_DESCRIPTION),
    *calls(
        "boto3.Session",
        "client resource",
        category=CPU,
        construct="boto3.Session()",
        arguments='"s3"',
        level="warn",
        note=_DESCRIPTION,
    ),
    *_rows("botocore.client.BaseClient", "*", "aioboto3.Session.client", construct=_S3, note=_AWS),
    *_rows(
        "botocore.client.BaseClient",
        "generate_presigned_url generate_presigned_post",
        level="all",
        construct=_S3,
        note="Signs without a request, but may have to refresh credentials first.",
    ),
    *_rows(
        "botocore.client.BaseClient",
        "get_paginator get_waiter can_paginate close",
        level="all",
        construct=_S3,
        arguments='"name"',
        note="Makes no request; the first call reads a description from disk.",
    ),
    *_rows("botocore.waiter.Waiter", "wait", "aioboto3.Session.client", construct=f'{_S3}.get_waiter("bucket_exists")'),
    *_rows(
        "botocore.paginate.PageIterator",
        "__iter__ build_full_result search",
        "aioboto3.Session.client",
        construct=f'{_S3}.get_paginator("list_objects_v2").paginate()',
        note="`async for page in paginator.paginate(...)`.",
    ),
    *_rows(
        "boto3.resources.base.ServiceResource",
        "put_item get_item update_item delete_item query scan batch_get_item batch_write_item transact_write_items "
        "create_table load reload delete wait_until_exists wait_until_not_exists",
        "aioboto3.Session.resource",
        construct=_TABLE,
        note=_RESOURCE,
    ),
    *_rows(
        "boto3.resources.base.ServiceResource",
        "upload_file upload_fileobj download_file download_fileobj put_object delete_objects copy copy_from put get "
        "create_bucket initiate_multipart_upload",
        "aioboto3.Session.resource",
        construct=_BUCKET,
        note=_RESOURCE,
    ),
    *_rows(
        "boto3.resources.base.ServiceResource",
        "send_message send_messages receive_messages delete_messages purge get_queue_by_name create_queue publish "
        "subscribe create_topic start stop terminate reboot create_instances",
        "aioboto3.Session.resource",
        construct='boto3.resource("sqs").Queue("url")',
        note=_RESOURCE,
    ),
    *_rows(
        "boto3.resources.collection.ResourceCollection",
        "__iter__ delete",
        "aioboto3.Session.resource",
        construct=f"{_BUCKET}.objects.all()",
    ),
)

_GCS = 'google.cloud.storage.Client().bucket("name")'
_FIRESTORE = "google.cloud.firestore.Client()"

_GOOGLE = (
    *_rows(
        "google.cloud.storage.Client",
        "get_bucket lookup_bucket create_bucket list_buckets list_blobs download_blob_to_file",
        construct="google.cloud.storage.Client()",
        arguments='"name"',
    ),
    *_rows(
        "google.cloud.storage.Bucket",
        "get_blob list_blobs copy_blob rename_blob move_blob delete_blob delete_blobs exists create delete "
        "reload patch",
        construct=_GCS,
        arguments='"name"',
    ),
    *_rows(
        "google.cloud.storage.Blob",
        "upload_from_file upload_from_filename upload_from_string download_as_bytes download_as_string "
        "download_as_text download_to_file download_to_filename open exists delete reload patch rewrite compose "
        "make_public make_private",
        construct=f'{_GCS}.blob("name")',
        arguments='"data"',
    ),
    *_rows(
        "google.cloud.bigquery.Client",
        "query query_and_wait insert_rows insert_rows_json list_rows get_table create_table delete_table update_table "
        "get_dataset create_dataset delete_dataset list_tables list_datasets get_job load_table_from_dataframe "
        "load_table_from_file load_table_from_json load_table_from_uri extract_table copy_table",
        construct="google.cloud.bigquery.Client()",
        arguments='"SELECT 1"',
    ),
    *_rows(
        "google.cloud.bigquery.job.QueryJob",
        "result to_dataframe to_arrow exists reload cancel",
        construct='google.cloud.bigquery.Client().query("SELECT 1")',
    ),
    *_rows(
        "google.cloud.bigquery.job.LoadJob",
        "result exists reload cancel",
        construct='google.cloud.bigquery.Client().load_table_from_uri("gs://bucket/name", "table")',
    ),
    *_rows(
        "google.cloud.bigquery.table.RowIterator",
        "__iter__ to_dataframe to_arrow",
        construct='google.cloud.bigquery.Client().query("SELECT 1").result()',
    ),
    *_rows(
        "google.cloud.firestore.Client",
        "get_all collections",
        "google.cloud.firestore.AsyncClient.*",
        construct=_FIRESTORE,
    ),
    *_rows(
        "google.cloud.firestore.DocumentReference",
        "get set update create delete collections",
        "google.cloud.firestore.AsyncDocumentReference.*",
        construct=f'{_FIRESTORE}.collection("a").document("b")',
    ),
    *_rows(
        "google.cloud.firestore.CollectionReference",
        "get add stream list_documents",
        "google.cloud.firestore.AsyncCollectionReference.*",
        construct=f'{_FIRESTORE}.collection("a")',
    ),
    *_rows(
        "google.cloud.firestore.Query",
        "get stream",
        "google.cloud.firestore.AsyncQuery.*",
        construct=f'{_FIRESTORE}.collection("a").limit(1)',
    ),
    *_rows(
        "google.cloud.firestore.WriteBatch",
        "commit",
        "google.cloud.firestore.AsyncWriteBatch.commit",
        construct=f"{_FIRESTORE}.batch()",
    ),
    *_rows(
        "google.cloud.pubsub_v1.publisher.futures.Future",
        "result exception",
        construct='google.cloud.pubsub_v1.PublisherClient().publish("topic", b"data")',
        note="`await asyncio.wrap_future(future)` waits without a thread.",
    ),
    *_rows(
        "google.cloud.pubsub_v1.PublisherClient",
        "create_topic delete_topic list_topics get_topic",
        construct="google.cloud.pubsub_v1.PublisherClient()",
    ),
    *_rows(
        "google.cloud.pubsub_v1.SubscriberClient",
        "pull acknowledge modify_ack_deadline create_subscription delete_subscription get_subscription",
        construct="google.cloud.pubsub_v1.SubscriberClient()",
    ),
    *_rows(
        "google.cloud.pubsub_v1.subscriber.futures.StreamingPullFuture",
        "result",
        construct='google.cloud.pubsub_v1.SubscriberClient().subscribe("name", print)',
    ),
    *_rows(
        "google.cloud.secretmanager.SecretManagerServiceClient",
        "access_secret_version get_secret get_secret_version list_secrets create_secret add_secret_version "
        "delete_secret",
        "google.cloud.secretmanager.SecretManagerServiceAsyncClient.*",
        construct="google.cloud.secretmanager.SecretManagerServiceClient()",
    ),
    *_rows(
        "google.cloud.translate_v2.Client",
        "translate detect_language get_languages",
        construct="google.cloud.translate_v2.Client()",
        arguments='"text"',
    ),
    *_rows(
        "google.cloud.translate.TranslationServiceClient",
        "translate_text detect_language get_supported_languages translate_document",
        "google.cloud.translate.TranslationServiceAsyncClient.*",
        construct="google.cloud.translate.TranslationServiceClient()",
    ),
    *_rows(
        "google.cloud.vision.ImageAnnotatorClient",
        "annotate_image batch_annotate_images text_detection document_text_detection label_detection face_detection "
        "object_localization safe_search_detection web_detection logo_detection",
        construct="google.cloud.vision.ImageAnnotatorClient()",
    ),
    *_rows(
        "google.cloud.speech.SpeechClient",
        "recognize long_running_recognize streaming_recognize",
        "google.cloud.speech.SpeechAsyncClient",
        construct="google.cloud.speech.SpeechClient()",
    ),
    *_rows(
        "google.cloud.documentai.DocumentProcessorServiceClient",
        "process_document batch_process_documents get_processor list_processors",
        "google.cloud.documentai.DocumentProcessorServiceAsyncClient.*",
        construct="google.cloud.documentai.DocumentProcessorServiceClient()",
    ),
    *_rows(
        "google.cloud.logging.Client",
        "list_entries list_sinks list_metrics",
        construct="google.cloud.logging.Client()",
    ),
    *_rows(
        "google.cloud.logging.Logger",
        "log log_text log_struct log_proto log_empty list_entries",
        construct='google.cloud.logging.Client().logger("name")',
        note="Sends every entry by itself; the handler of `setup_logging` sends them on a thread.",
    ),
    *_rows(
        "google.cloud.storage.transfer_manager",
        "upload_many upload_many_from_filenames upload_chunks_concurrently download_many download_many_to_path "
        "download_chunks_concurrently",
        arguments="x, []",
        note="Starts processes of its own.",
    ),
    *(
        row
        for module in ("vertexai.generative_models", "vertexai.preview.generative_models")
        for row in _rows(
            f"{module}.GenerativeModel",
            "generate_content count_tokens",
            f"{module}.GenerativeModel.*_async",
            construct=f'{module}.GenerativeModel("m")',
            arguments='"text"',
        )
    ),
    *_rows(
        "vertexai.generative_models.ChatSession",
        "send_message",
        "vertexai.generative_models.ChatSession.send_message_async",
        construct='vertexai.generative_models.GenerativeModel("m").start_chat()',
        arguments='"text"',
    ),
    *_rows(
        "vertexai.language_models.TextEmbeddingModel",
        "get_embeddings",
        "vertexai.language_models.TextEmbeddingModel.get_embeddings_async",
        construct='vertexai.language_models.TextEmbeddingModel.from_pretrained("m")',
        arguments="[]",
    ),
    *_rows(
        "google.cloud.texttospeech.TextToSpeechClient",
        "synthesize_speech list_voices",
        construct="google.cloud.texttospeech.TextToSpeechClient()",
    ),
    *_rows(
        "google.cloud.tasks_v2.CloudTasksClient",
        "create_task delete_task get_task list_tasks run_task create_queue get_queue list_queues",
        "google.cloud.tasks_v2.CloudTasksAsyncClient.*",
        construct="google.cloud.tasks_v2.CloudTasksClient()",
    ),
)

_BLOB = 'azure.storage.blob.BlobClient.from_connection_string("cs", "container", "name")'

_AZURE = (
    *_rows(
        "azure.storage.blob.BlobServiceClient",
        "create_container delete_container list_containers get_user_delegation_key get_service_properties",
        "azure.storage.blob.aio.BlobServiceClient.*",
        construct='azure.storage.blob.BlobServiceClient.from_connection_string("cs")',
    ),
    *_rows(
        "azure.storage.blob.ContainerClient",
        "upload_blob download_blob delete_blob delete_blobs list_blobs list_blob_names walk_blobs exists "
        "create_container delete_container get_container_properties",
        "azure.storage.blob.aio.ContainerClient.*",
        construct='azure.storage.blob.ContainerClient.from_connection_string("cs", "container")',
    ),
    *_rows(
        "azure.storage.blob.BlobClient",
        "upload_blob download_blob delete_blob exists get_blob_properties set_blob_metadata set_http_headers "
        "start_copy_from_url upload_blob_from_url stage_block commit_block_list get_blob_tags set_blob_tags "
        "create_snapshot",
        "azure.storage.blob.aio.BlobClient.*",
        construct=_BLOB,
    ),
    *_rows(
        "azure.storage.blob.StorageStreamDownloader",
        "readall readinto read chunks",
        "azure.storage.blob.aio.StorageStreamDownloader.*",
        construct=f"{_BLOB}.download_blob()",
    ),
    *_rows(
        "azure.storage.queue.QueueClient",
        "send_message receive_message receive_messages peek_messages delete_message update_message clear_messages "
        "create_queue delete_queue get_queue_properties",
        "azure.storage.queue.aio.QueueClient.*",
        construct='azure.storage.queue.QueueClient.from_connection_string("cs", "name")',
    ),
    *_rows(
        "azure.cosmos.CosmosClient",
        "create_database create_database_if_not_exists delete_database list_databases",
        "azure.cosmos.aio.CosmosClient.*",
        construct='azure.cosmos.CosmosClient("url", "key")',
    ),
    *_rows(
        "azure.cosmos.DatabaseProxy",
        "create_container create_container_if_not_exists delete_container list_containers read",
        "azure.cosmos.aio.DatabaseProxy.*",
        construct='azure.cosmos.CosmosClient("url", "key").get_database_client("name")',
    ),
    *_rows(
        "azure.cosmos.ContainerProxy",
        "create_item read_item upsert_item replace_item patch_item delete_item query_items read_all_items read",
        "azure.cosmos.aio.ContainerProxy.*",
        construct='azure.cosmos.CosmosClient("url", "key").get_database_client("a").get_container_client("b")',
    ),
    *_rows(
        "azure.keyvault.secrets.SecretClient",
        "get_secret set_secret list_properties_of_secrets get_deleted_secret purge_deleted_secret",
        "azure.keyvault.secrets.aio.SecretClient.*",
        construct='azure.keyvault.secrets.SecretClient("url", None)',
    ),
    *_rows(
        "azure.keyvault.secrets.SecretClient",
        "begin_delete_secret",
        "azure.keyvault.secrets.aio.SecretClient.delete_secret",
        construct='azure.keyvault.secrets.SecretClient("url", None)',
    ),
    *_rows(
        "azure.identity.DefaultAzureCredential",
        "get_token get_token_info",
        "azure.identity.aio.DefaultAzureCredential.*",
        construct="azure.identity.DefaultAzureCredential()",
    ),
    *_rows(
        "azure.identity.ManagedIdentityCredential",
        "get_token get_token_info",
        "azure.identity.aio.ManagedIdentityCredential.*",
        construct="azure.identity.ManagedIdentityCredential()",
    ),
    *_rows(
        "azure.identity.ClientSecretCredential",
        "get_token get_token_info",
        "azure.identity.aio.ClientSecretCredential.*",
        construct='azure.identity.ClientSecretCredential("tenant", "client", "secret")',
    ),
    *_rows(
        "azure.servicebus.ServiceBusSender",
        "send_messages schedule_messages cancel_scheduled_messages create_message_batch",
        "azure.servicebus.aio.ServiceBusSender.*",
        construct='azure.servicebus.ServiceBusClient.from_connection_string("cs").get_queue_sender("name")',
    ),
    *_rows(
        "azure.servicebus.ServiceBusReceiver",
        "receive_messages peek_messages complete_message abandon_message defer_message dead_letter_message "
        "renew_message_lock",
        "azure.servicebus.aio.ServiceBusReceiver.*",
        construct='azure.servicebus.ServiceBusClient.from_connection_string("cs").get_queue_receiver("name")',
    ),
)

_SEARCH = 'azure.search.documents.SearchClient("url", "index", None)'
_INDEXES = 'azure.search.documents.indexes.SearchIndexClient("url", None)'
_TABLES = 'azure.data.tables.TableServiceClient.from_connection_string("cs")'
_POLLED = "The poller that it gives is waited for by `result`."
_AZURE_AI = (
    *_rows(
        "azure.search.documents.SearchClient",
        "search suggest autocomplete get_document get_document_count upload_documents merge_documents "
        "merge_or_upload_documents delete_documents index_documents",
        "azure.search.documents.aio.SearchClient.*",
        construct=_SEARCH,
    ),
    *_rows(
        "azure.search.documents.indexes.SearchIndexClient",
        "create_index create_or_update_index delete_index get_index list_indexes list_index_names",
        "azure.search.documents.indexes.aio.SearchIndexClient.*",
        construct=_INDEXES,
    ),
    *_rows(
        "azure.ai.formrecognizer.DocumentAnalysisClient",
        "begin_analyze_document begin_analyze_document_from_url begin_classify_document",
        "azure.ai.formrecognizer.aio.DocumentAnalysisClient.*",
        construct='azure.ai.formrecognizer.DocumentAnalysisClient("url", None)',
        note=_POLLED,
    ),
    *_rows(
        "azure.ai.documentintelligence.DocumentIntelligenceClient",
        "begin_analyze_document begin_classify_document get_analyze_result_pdf get_analyze_result_figure",
        "azure.ai.documentintelligence.aio.DocumentIntelligenceClient.*",
        construct='azure.ai.documentintelligence.DocumentIntelligenceClient("url", None)',
        note=_POLLED,
    ),
    *_rows(
        "azure.ai.inference.ChatCompletionsClient",
        "complete get_model_info",
        "azure.ai.inference.aio.ChatCompletionsClient.*",
        construct='azure.ai.inference.ChatCompletionsClient("url", None)',
    ),
    *_rows(
        "azure.ai.inference.EmbeddingsClient",
        "embed get_model_info",
        "azure.ai.inference.aio.EmbeddingsClient.*",
        construct='azure.ai.inference.EmbeddingsClient("url", None)',
    ),
    *_rows(
        "azure.ai.textanalytics.TextAnalyticsClient",
        "analyze_sentiment detect_language extract_key_phrases recognize_entities recognize_pii_entities",
        "azure.ai.textanalytics.aio.TextAnalyticsClient.*",
        construct='azure.ai.textanalytics.TextAnalyticsClient("url", None)',
    ),
    *_rows(
        "azure.communication.email.EmailClient",
        "begin_send",
        "azure.communication.email.aio.EmailClient.begin_send",
        construct='azure.communication.email.EmailClient.from_connection_string("cs")',
        note=_POLLED,
    ),
    *_rows(
        "azure.core.polling.LROPoller",
        "result wait",
        "azure.core.polling.AsyncLROPoller.*",
        construct='azure.ai.formrecognizer.DocumentAnalysisClient("url", None).begin_analyze_document()',
        note="Asks again and again, and sleeps in between.",
    ),
    *_rows(
        "azure.data.tables.TableServiceClient",
        "create_table create_table_if_not_exists delete_table list_tables query_tables",
        "azure.data.tables.aio.TableServiceClient.*",
        construct=_TABLES,
    ),
    *_rows(
        "azure.data.tables.TableClient",
        "create_entity get_entity update_entity upsert_entity delete_entity query_entities list_entities "
        "submit_transaction create_table delete_table",
        "azure.data.tables.aio.TableClient.*",
        construct=f'{_TABLES}.get_table_client("name")',
    ),
    *_rows(
        "azure.eventhub.EventHubProducerClient",
        "send_batch send_event create_batch get_partition_ids",
        "azure.eventhub.aio.EventHubProducerClient.*",
        construct='azure.eventhub.EventHubProducerClient.from_connection_string("cs")',
    ),
)

_OTHERS = (
    *_rows(
        "minio.Minio",
        "put_object get_object fput_object fget_object stat_object remove_object remove_objects copy_object "
        "append_object compose_object upload_snowball_objects select_object_content prompt_object list_objects "
        "list_buckets bucket_exists make_bucket remove_bucket listen_bucket_notification get_bucket_* set_bucket_* "
        "delete_bucket_* get_object_* set_object_* delete_object_* enable_object_legal_hold disable_object_legal_hold "
        "is_object_legal_hold_enabled",
        construct='minio.Minio("play.min.io")',
    ),
    *_rows(
        "minio.Minio",
        "presigned_get_object presigned_put_object get_presigned_url",
        level="warn",
        construct='minio.Minio("play.min.io")',
        note="Asks for the bucket's region, unless the client was told it.",
    ),
    *_rows(
        "oss2.Bucket",
        "put_object put_object_from_file get_object get_object_to_file head_object delete_object batch_delete_objects "
        "object_exists copy_object append_object list_objects list_objects_v2 get_object_meta",
        construct='oss2.Bucket(None, "endpoint", "name")',
    ),
    *_rows(
        "cloudinary.uploader",
        "upload upload_large upload_image upload_resource unsigned_upload destroy rename explicit create_archive "
        "create_zip add_tag remove_tag text",
        arguments='"file"',
    ),
    *_rows(
        "cloudinary.api",
        "resource resources resources_by_tag update delete_resources delete_resources_by_tag delete_folder "
        "create_folder root_folders subfolders usage ping tags",
        arguments='"name"',
    ),
    *_rows("dropbox.Dropbox", "files_* sharing_* users_*", construct='dropbox.Dropbox("token")'),
    *_rows(
        "b2sdk.v2.B2Api",
        "authorize_account get_bucket_by_name get_bucket_by_id list_buckets create_bucket delete_bucket "
        "download_file_by_id delete_file_version get_file_info",
        construct="b2sdk.v2.B2Api()",
    ),
    *_rows(
        "b2sdk.v2.Bucket",
        "upload upload_bytes upload_local_file download_file_by_name download_file_by_id ls get_file_info_by_name "
        "delete_file_version hide_file copy",
        construct='b2sdk.v2.B2Api().get_bucket_by_name("name")',
    ),
)

ROWS: tuple[Blocking, ...] = (*_AMAZON, *_GOOGLE, *_AZURE, *_AZURE_AI, *_OTHERS)

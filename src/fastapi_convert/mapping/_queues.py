"""Message brokers and task queues."""

from __future__ import annotations

from functools import partial

from ._categories import QUEUES, WAITING
from ._grouping import calls
from ._model import Blocking, Unless

__all__ = ("ROWS",)

_rows = partial(calls, category=QUEUES)
_send = partial(calls, category=QUEUES, level="warn")
_wait = partial(calls, category=WAITING)
_PUBLISHES = "A round trip to the broker: quick while it is near and well, retried with pauses when it is not."
_RESULT = "Ask later, from another request: the task may take minutes."
_APP = 'celery.Celery("tasks")'
_TASK = f"{_APP}.task()(print)"
_ASYNC_RESULT = 'celery.result.AsyncResult("id")'
_GROUP_RESULT = 'celery.result.GroupResult("id")'
_PIKA = "pika.BlockingConnection()"
_NOT_ASKED = (Unless("timeout", equals=0, position=0), Unless("timeout", equals=0.0, position=0))

_CELERY = (
    *_send("celery.Task", "delay apply_async", construct=_TASK, note=_PUBLISHES),
    *_wait("celery.Task", "apply", level="warn", construct=_TASK, note="Runs the task here and now."),
    *_send("celery.Celery", "send_task", construct=_APP, arguments='"tasks.add"', note=_PUBLISHES),
    *_send("celery.Signature", "delay apply_async", construct='celery.signature("tasks.add")', note=_PUBLISHES),
    *(
        row
        for kind in ("chain", "chord", "group")
        for row in _send(f"celery.{kind}", "__call__", construct=f"celery.{kind}([])", note=_PUBLISHES)
    ),
    *_wait(
        "celery.Signature",
        "apply",
        level="warn",
        construct='celery.signature("tasks.add")',
        note="Runs the task here and now.",
    ),
    *_wait("celery.result.AsyncResult", "get wait", construct=_ASYNC_RESULT, note=_RESULT),
    *_wait("celery.result.AsyncResult", "collect", construct=_ASYNC_RESULT, note=_RESULT),
    *_send("celery.result.AsyncResult", "ready successful failed forget revoke", construct=_ASYNC_RESULT),
    *_wait("celery.result.GroupResult", "get join join_native iter_native", construct=_GROUP_RESULT, note=_RESULT),
    *_send(
        "celery.result.GroupResult",
        "ready successful failed waiting completed_count forget revoke save",
        construct=_GROUP_RESULT,
    ),
    *_rows(
        "celery.app.control.Inspect",
        "active active_queues clock conf ping query_task registered report reserved revoked scheduled stats",
        construct=f"{_APP}.control.inspect()",
        note="Waits a second for the workers' answers.",
    ),
    *_rows("celery.app.control.Control", "ping", construct=f"{_APP}.control", note="Waits a second for answers."),
    *_send(
        "celery.app.control.Control",
        "broadcast revoke terminate purge rate_limit time_limit shutdown pool_grow pool_shrink",
        construct=f"{_APP}.control",
        note=_PUBLISHES,
    ),
)

_AMQP = (
    *_rows(
        "kombu.Connection",
        "connect ensure_connection",
        "aio_pika.connect_robust",
        construct='kombu.Connection("amqp://")',
    ),
    *_rows("kombu.Connection", "drain_events", "aio_pika.Queue.iterator", construct='kombu.Connection("amqp://")'),
    *_send("kombu.Producer", "publish", "aio_pika.Exchange.publish", construct="kombu.Producer(None)", note=_PUBLISHES),
    *_rows(
        "kombu.simple.SimpleQueue",
        "get",
        "aio_pika.Queue.get",
        construct='kombu.Connection("amqp://").SimpleQueue("tasks")',
    ),
    *_send(
        "kombu.simple.SimpleQueue",
        "put",
        "aio_pika.Exchange.publish",
        construct='kombu.Connection("amqp://").SimpleQueue("tasks")',
        note=_PUBLISHES,
    ),
    *_rows("pika", "BlockingConnection", "aio_pika.connect_robust"),
    *_rows("pika.BlockingConnection", "channel", "aio_pika.Connection.channel", construct=_PIKA),
    *_rows("pika.BlockingConnection", "process_data_events", "aio_pika.Queue.iterator", construct=_PIKA),
    *_rows("pika.BlockingConnection", "sleep", "asyncio.sleep", construct=_PIKA, arguments="1.0"),
    *_send(
        "pika.adapters.blocking_connection.BlockingChannel",
        "basic_publish",
        "aio_pika.Exchange.publish",
        construct=f"{_PIKA}.channel()",
        note=_PUBLISHES,
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "basic_get",
        "aio_pika.Queue.get",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "basic_consume",
        "aio_pika.Queue.consume",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "consume start_consuming",
        "aio_pika.Queue.iterator",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "basic_qos",
        "aio_pika.Channel.set_qos",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "queue_declare",
        "aio_pika.Channel.declare_queue",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "exchange_declare",
        "aio_pika.Channel.declare_exchange",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "queue_bind",
        "aio_pika.Queue.bind",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "queue_purge",
        "aio_pika.Queue.purge",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "exchange_bind exchange_delete exchange_unbind queue_delete queue_unbind basic_cancel confirm_delivery "
        "tx_select tx_commit tx_rollback",
        "aio_pika.Channel",
        construct=f"{_PIKA}.channel()",
    ),
    *_rows(
        "pika.adapters.blocking_connection.BlockingChannel",
        "basic_ack basic_nack basic_reject",
        "aio_pika.IncomingMessage",
        level="all",
        construct=f"{_PIKA}.channel()",
    ),
)

_KAFKA = (
    *_rows("kafka", "KafkaProducer", "aiokafka.AIOKafkaProducer", note="Waits for the first broker's answer."),
    *_send(
        "kafka.KafkaProducer",
        "send",
        "aiokafka.AIOKafkaProducer.send",
        construct="kafka.KafkaProducer()",
        note="Waits for the topic's metadata, and for room in the buffer: a minute at most.",
    ),
    *_rows(
        "kafka.KafkaProducer",
        "flush partitions_for commit_transaction abort_transaction",
        "aiokafka.AIOKafkaProducer.*",
        construct="kafka.KafkaProducer()",
    ),
    *_rows(
        "kafka.KafkaProducer", "init_transactions", "aiokafka.AIOKafkaProducer.start", construct="kafka.KafkaProducer()"
    ),
    *_rows("kafka.KafkaProducer", "close", "aiokafka.AIOKafkaProducer.stop", construct="kafka.KafkaProducer()"),
    *_rows(
        "kafka.producer.future.FutureRecordMetadata",
        "get",
        "aiokafka.AIOKafkaProducer.send_and_wait",
        construct='kafka.KafkaProducer().send("topic", b"value")',
    ),
    *_rows("kafka", "KafkaConsumer", "aiokafka.AIOKafkaConsumer", note="Waits for the first broker's answer."),
    *_rows("kafka.KafkaConsumer", "poll", "aiokafka.AIOKafkaConsumer.getmany", construct="kafka.KafkaConsumer()"),
    *_rows(
        "kafka.KafkaConsumer",
        "__iter__",
        "aiokafka.AIOKafkaConsumer",
        construct="kafka.KafkaConsumer()",
        note="`async for message in consumer`.",
    ),
    *_rows(
        "kafka.KafkaConsumer",
        "commit committed position beginning_offsets end_offsets offsets_for_times topics",
        "aiokafka.AIOKafkaConsumer.*",
        construct="kafka.KafkaConsumer()",
    ),
    *_rows("kafka.KafkaConsumer", "close", "aiokafka.AIOKafkaConsumer.stop", construct="kafka.KafkaConsumer()"),
    *_rows("kafka", "KafkaAdminClient"),
    *_rows(
        "kafka.KafkaAdminClient",
        "create_topics delete_topics list_topics describe_topics create_partitions describe_cluster describe_configs "
        "alter_configs delete_records create_acls delete_acls describe_acls list_group_offsets",
        construct="kafka.KafkaAdminClient()",
    ),
    *_rows(
        "confluent_kafka.Producer", "flush", "aiokafka.AIOKafkaProducer.flush", construct="confluent_kafka.Producer({})"
    ),
    *_send(
        "confluent_kafka.Producer",
        "poll",
        "aiokafka.AIOKafkaProducer.send",
        construct="confluent_kafka.Producer({})",
        unless=_NOT_ASKED,
        note="`poll(0)` does not wait.",
    ),
    *_rows(
        "confluent_kafka.Producer",
        "init_transactions commit_transaction abort_transaction list_topics",
        "aiokafka.AIOKafkaProducer",
        construct="confluent_kafka.Producer({})",
    ),
    *_rows(
        "confluent_kafka.Consumer",
        "poll",
        "aiokafka.AIOKafkaConsumer.getone",
        construct="confluent_kafka.Consumer({})",
        unless=_NOT_ASKED,
    ),
    *_rows(
        "confluent_kafka.Consumer",
        "consume",
        "aiokafka.AIOKafkaConsumer.getmany",
        construct="confluent_kafka.Consumer({})",
    ),
    *_rows(
        "confluent_kafka.Consumer",
        "committed offsets_for_times",
        "aiokafka.AIOKafkaConsumer.*",
        construct="confluent_kafka.Consumer({})",
    ),
    *_rows(
        "confluent_kafka.Consumer",
        "list_topics get_watermark_offsets",
        "aiokafka.AIOKafkaConsumer",
        construct="confluent_kafka.Consumer({})",
    ),
    *_rows(
        "confluent_kafka.Consumer", "close", "aiokafka.AIOKafkaConsumer.stop", construct="confluent_kafka.Consumer({})"
    ),
)

_TASKS = (
    *_send(
        "rq.Queue",
        "enqueue enqueue_call enqueue_at enqueue_in enqueue_many enqueue_job fetch_job get_jobs "
        "get_job_ids count empty",
        construct="rq.Queue(connection=None)",
        arguments="print",
        note="A few round trips to Redis.",
    ),
    *_send("rq.job.Job", "fetch fetch_many exists", construct="rq.job.Job", arguments='"id", None'),
    *_send(
        "rq.job.Job",
        "refresh get_status latest_result return_value cancel delete requeue save save_meta get_position",
        construct='rq.job.Job.fetch("id", connection=None)',
    ),
    *_rows("rq.Worker", "work", construct='rq.Worker(["default"])'),
    *_send("rq.Worker", "all all_keys count find_by_key", construct="rq.Worker", arguments="connection=None"),
    *_send("rq.Worker", "refresh get_current_job get_state", construct='rq.Worker(["default"])'),
    *_send("dramatiq.Actor", "send send_with_options", construct="dramatiq.actor()(print)", note=_PUBLISHES),
    *_wait(
        "dramatiq.Message",
        "get_result",
        construct="dramatiq.actor()(print).send()",
        arguments="block=True",
        level="warn",
        note=_RESULT,
    ),
    *_send("dramatiq.group", "run", construct="dramatiq.group([])", note=_PUBLISHES),
    *_wait("dramatiq.group", "wait", construct="dramatiq.group([])", note=_RESULT),
    *_send("dramatiq.pipeline", "run", construct="dramatiq.pipeline([])", note=_PUBLISHES),
    *_send(
        "huey.Huey",
        "enqueue result pending scheduled all_results revoke_by_id pending_count scheduled_count",
        construct="huey.RedisHuey()",
        note="A round trip to the store.",
    ),
    *_send("huey.api.TaskWrapper", "schedule map revoke is_revoked", construct="huey.RedisHuey().task()(print)"),
    *_send(
        "huey.api.TaskWrapper",
        "__call__",
        construct="huey.RedisHuey().task()(print)",
        note="To call a task is to enqueue it.",
    ),
    *_wait(
        "huey.api.Result",
        "get",
        construct="huey.RedisHuey().enqueue(None)",
        arguments="blocking=True",
        level="warn",
        note="Waits only with `blocking=True`, else it is a round trip to the store.",
    ),
    *_send(
        "procrastinate.tasks.Task",
        "defer",
        "procrastinate.tasks.Task.defer_async",
        construct="procrastinate.App(connector=None).task()(print)",
    ),
)

_OTHERS = (
    *_rows("paho.mqtt.client.Client", "connect reconnect", "aiomqtt.Client", construct="paho.mqtt.client.Client()"),
    *_rows("paho.mqtt.client.Client", "connect_srv", "aiomqtt.Client", construct="paho.mqtt.client.Client()"),
    *_rows(
        "paho.mqtt.client.Client", "loop loop_forever", "aiomqtt.Client.messages", construct="paho.mqtt.client.Client()"
    ),
    *_send("paho.mqtt.client.Client", "loop_stop", "aiomqtt.Client", construct="paho.mqtt.client.Client()"),
    *_rows(
        "paho.mqtt.client.MQTTMessageInfo",
        "wait_for_publish",
        "aiomqtt.Client.publish",
        construct='paho.mqtt.client.Client().publish("topic")',
    ),
    *_rows("paho.mqtt.publish", "single multiple", "aiomqtt.Client.publish", arguments='"topic"'),
    *_rows("paho.mqtt.subscribe", "simple callback", "aiomqtt.Client.subscribe", arguments='"topic"'),
    *_rows("stomp.Connection", "connect disconnect", construct="stomp.Connection()"),
    *_send("stomp.Connection", "send subscribe", construct="stomp.Connection()", note=_PUBLISHES),
    *_rows(
        "zmq.Socket",
        "recv recv_json recv_multipart recv_pyobj recv_serialized recv_string recv_into poll",
        "zmq.asyncio.Socket.*",
        construct="zmq.Context().socket(1)",
    ),
    *_send(
        "zmq.Socket",
        "send send_json send_multipart send_pyobj send_serialized send_string",
        "zmq.asyncio.Socket.*",
        construct="zmq.Context().socket(1)",
        note="Waits when the peer is away or slow.",
    ),
    *_rows("zmq.Poller", "poll", "zmq.asyncio.Poller.poll", construct="zmq.Poller()", unless=_NOT_ASKED),
    *_rows("zmq", "proxy device", arguments="None, None"),
    *_rows("kazoo.client.KazooClient", "start", construct="kazoo.client.KazooClient()"),
    *_rows(
        "kazoo.client.KazooClient",
        "get set create delete exists get_children ensure_path sync stop",
        construct="kazoo.client.KazooClient()",
        arguments='"/path"',
    ),
)

ROWS: tuple[Blocking, ...] = (*_CELERY, *_AMQP, *_KAFKA, *_TASKS, *_OTHERS)

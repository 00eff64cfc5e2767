"""What durable jobs cost, against Celery, taskiq and huey."""

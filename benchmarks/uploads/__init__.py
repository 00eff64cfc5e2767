"""What uploads cost, against `request.stream()`, `UploadFile` and a thread for each upload."""

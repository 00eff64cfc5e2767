"""Where the functions of jobs run: in processes of their own, on threads, or on the event loop."""

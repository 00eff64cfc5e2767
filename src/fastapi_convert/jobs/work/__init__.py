"""What carries jobs out on this machine: who is alive, who is woken, who takes what, and how each run is recorded."""

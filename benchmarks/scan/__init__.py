"""What a scan finds, what it is wrong about and how fast it is, beside those who look for the same."""

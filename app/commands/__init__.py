"""What does ``swath`` do besides serving? One file per command; each runs the server's own stories in its process."""

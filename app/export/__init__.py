"""What is too large for one answer? Pieces: each is drawn by itself, kept, and put in its place at the end."""

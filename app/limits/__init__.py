"""What one request may cost, and who does its work."""

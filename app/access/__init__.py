"""Who may ask, and how much? Signatures, keys and allowances; pure, it reads no request."""

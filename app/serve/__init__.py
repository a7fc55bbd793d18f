"""How does the server live and die, and who may hold a connection?

Nothing here imports the application before ``serve`` is called: what is told to Prometheus is shared by workers only
when the folder for it is named first.
"""

from app.serve.address import Address, cores
from app.serve.run import serve

__all__ = ["Address", "cores", "serve"]

"""How the pictures of the demo web are drawn."""

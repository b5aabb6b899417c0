"""Local stand-ins for everything that the pipeline needs, and the demo that runs on them."""

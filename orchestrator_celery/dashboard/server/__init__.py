"""The server of the dashboard: a FastAPI application that uses the public handles only."""

"""Real servers, real workers, and the project they run."""

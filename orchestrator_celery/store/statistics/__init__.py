"""Statistics of tasks: counted in each process, kept in Redis by the hour."""

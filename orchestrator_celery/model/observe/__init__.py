"""What people are told of runs while they go on: times of nodes, statistics of tasks."""

"""The records of subscriptions: the rules, and what a run owes them."""

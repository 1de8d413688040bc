"""Subscriptions in the store: the rules, and the notices of this process that are not sent yet."""

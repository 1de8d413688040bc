"""Views: read records and build the objects that users see."""

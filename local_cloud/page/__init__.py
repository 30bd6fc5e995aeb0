"""A page for a browser: the dashboard's live runs, and an inbox of what recipients were told."""

from local_cloud.page.server import page_of, served

__all__ = ["page_of", "served"]

"""The bundled demo news site: an invented news world on loopback, for `newsdesk demo` and tests."""

from tasks.demosite.content import ContentError
from tasks.demosite.model import Article, Publisher
from tasks.demosite.site import DEFAULT_ROOT, DemoSite, Request

__all__ = ["DEFAULT_ROOT", "Article", "ContentError", "DemoSite", "Publisher", "Request"]

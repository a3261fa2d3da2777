"""The rooms of newsdesk: capture, derive, store, present, and what they share."""

__version__ = "0.1.0"

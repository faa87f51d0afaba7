"""quicktype: completes what you type in chat apps, on your own machine."""

__version__ = "0.1.0"

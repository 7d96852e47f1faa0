"""Pictures drawn on the server: pure functions from numbers to SVG, no database, no request."""

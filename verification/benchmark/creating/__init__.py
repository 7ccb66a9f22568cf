"""Creating jobs by REST: one a request by several clients at once, and many in one request."""

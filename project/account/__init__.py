"""People's own pages: the login, a forgotten password, the codes of their authenticator."""

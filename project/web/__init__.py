"""The web server: uvicorn before Django's own synchronous views.

Who is slow or waits costs a connection, never a thread or a database connection: `door` reads a request whole, gives it
to a thread, and holds the answer back where a caller waits for a job's end.
"""

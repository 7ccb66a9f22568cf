"""Cost of limits: a start and an end with few and with many waiting; and what one limit that is locked, or resumed with
a long line, costs the jobs of others on the same worker, and the leader.
"""

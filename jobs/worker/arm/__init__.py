"""The jobs that wait for their time on a worker, and the transaction that takes them a lead ahead."""

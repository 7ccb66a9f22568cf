"""Proofs of the promises of docs/guarantees.md: benchmark, drill, mutants, model. Not a part of the product."""

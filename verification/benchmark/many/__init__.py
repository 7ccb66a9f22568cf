"""Operations on many jobs: a filter that finds all of them is cancelled, and taken back, by a leading beat."""

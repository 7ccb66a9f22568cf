"""The page /tokens/, on which people make tokens for programs."""

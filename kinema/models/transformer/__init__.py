"""Vision transformers: tokens, attention and how it sees time, blocks, positions and what is read out at the end."""

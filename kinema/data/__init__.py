"""From a user's videos and lists to batches of clips."""

"""Which of several people does what: boxes of people at key frames, and the actions of each (AVA's task)."""

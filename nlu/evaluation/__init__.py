"""How well messages are understood: test cases, numbers, the language quality card."""

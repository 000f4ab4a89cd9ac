"""Rasa components of our own; this package imports nothing else of the project."""

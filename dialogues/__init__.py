"""What the assistant does next: Rasa's domain, rules and forms, and the actions they call."""

"""What Rasa calls back for: actions and the wording of utterances, served over HTTP."""

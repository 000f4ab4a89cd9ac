"""Understanding: the contract, the data and Rasa's components (Python 3.10, imports none of ours)."""

"""Understanding: the contract, the data and Rasa's components (these import none of ours)."""

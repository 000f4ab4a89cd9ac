"""Machine translation: real models in a process of their own, protected, guarded, labelled."""

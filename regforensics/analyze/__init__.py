"""Pure functions from what was observed to what is claimed. Imports the model and nothing else.

Why nothing else: an analyzer that cannot touch bytes cannot invent a citation, and one that does
not know which registry it looks at works for the next registry too. The tuple of analyzers stands
in ``running``, so that a diff, which needs none of them, starts without them.
"""

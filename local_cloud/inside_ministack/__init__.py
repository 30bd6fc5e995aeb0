"""Runs inside MiniStack's own interpreter and adapts MiniStack to the stack, never the product to MiniStack.

Imports the standard library and MiniStack only: nothing else of this project is installed there.
"""

"""Words of the command that count."""


def counted(count: int, noun: str) -> str:
    """`1 alert`, `2 alerts`: for nouns that take an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

"""Events that nobody sends: any JSON, and what is almost an event."""

from typing import Any

from hypothesis import strategies as st

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats() | st.text(max_size=8) | st.just("\ud800<b>"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
"""What Lambda makes of a payload."""


def almost(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these keys, each with a value of its own kind or any other."""
    return st.fixed_dictionaries({}, optional={key: values | JSON for key, values in keys.items()})

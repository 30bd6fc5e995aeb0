import pytest

from journey_watch.live_page.elements import element, fragment


def test_text_and_attribute_values_are_escaped() -> None:
    made = element("span", "<b>&", title='"><script>', cls="a'b")

    assert made.text == '<span class="a&#x27;b" title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;</span>'


def test_markup_put_together_as_text_is_text() -> None:
    inner = element("b", "x")

    assert element("p", f"{inner} and {inner}").text == "<p>&lt;b&gt;x&lt;/b&gt; and &lt;b&gt;x&lt;/b&gt;</p>"
    assert element("p", fragment(inner, " and ", inner)).text == "<p><b>x</b> and <b>x</b></p>"


@pytest.mark.parametrize("name", ["script", "iframe", "use", "a onclick", "b><script"])
def test_elements_that_no_page_has_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no element"):
        element(name)


@pytest.mark.parametrize("name", ["onclick", "style", "src", "x onload"])
def test_attributes_that_no_page_has_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no attribute"):
        element("a", **{name: "x"})


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "http://example.com", "//example.com", "data:text/html,x", True]
)
def test_links_lead_to_a_console_or_to_the_page_itself(href: str) -> None:
    with pytest.raises(ValueError, match="is no link"):
        element("a", href=href)


def test_attributes_that_are_not_there_are_left_out() -> None:
    assert element("option", "x", selected=False, value=None).text == "<option>x</option>"
    assert element("option", "x", selected=True).text == "<option selected>x</option>"

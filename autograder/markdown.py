"""Text cells as nbgrader's pages show them: formatting and formulas, and no code of a student's.

nbconvert passes the HTML in a text cell on as it is. Here what comes out of its Markdown renderer is
cleaned by bleach: tags and attributes that are not listed are shown as text.
"""

from __future__ import annotations

from html import escape

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.token import STANDARD_TYPES

CHARACTERS = 20_000
"""A longer text is shown as it was typed: the time that rendering takes grows with the square."""

WORDS = {"a", "abbr", "b", "code", "del", "em", "i", "kbd", "s", "small", "span", "strong", "sub", "sup", "u"}
BLOCKS = {"blockquote", "br", "details", "div", "hr", "img", "p", "pre", "summary"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
TABLES = {"table", "tbody", "td", "tfoot", "th", "thead", "tr"}
TAGS = frozenset(WORDS | BLOCKS | HEADINGS | LISTS | TABLES)
ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan", "style"},
    "th": {"align", "colspan", "rowspan", "style"},
}
# Names and classes are how formgrader's own script finds its fields: colours of code are all that is left.
CLASSES = frozenset({"highlight", *STANDARD_TYPES.values()})
PROTOCOLS = frozenset({"http", "https", "mailto"})
TABLE = '<table style="border-collapse: separate; border-spacing: 1em .15em; margin: .3em 0 1em -1em">'
"""nbgrader's pages leave no space between the columns of a table."""
STYLES = CSSSanitizer(allowed_css_properties=["text-align"], allowed_svg_properties=[])


class Renderer(IPythonRenderer):
    """nbconvert's own, but for what would not survive the cleaning, or stop nbconvert."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Render a picture; one that was pasted into the cell is not handed in with it, and is named."""
        if url.startswith("attachment:"):
            return f"<em>[picture: {text or url.removeprefix('attachment:')}]</em>"
        return str(super().image(text, url, title))

    def task_list_item(self, text: str, checked: bool = False) -> str:
        """Render an item of a to-do list."""
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"


def to_html(source: str) -> str:
    """Render the Markdown of a text cell, or of a comment, as HTML without scripts.

    A filter for ``HTMLExporter.filters`` in place of nbconvert's ``markdown2html``: feedback and
    formgrader both take it from there.

    Parameters
    ----------
    source : str
        Markdown, with formulas in dollar signs.

    Returns
    -------
    str
        HTML with the tags in `TAGS` only.
    """
    if len(source) > CHARACTERS:
        return f"<pre>{escape(source)}</pre>"
    renderer = Renderer(escape=False, exclude_anchor_links=True)
    try:
        # What a student typed as text is escaped by now: these are the tables alone.
        return clean(MarkdownWithMath(renderer=renderer).render(source)).replace("<table>", TABLE)
    except RecursionError:
        return f"<pre>{escape(source)}</pre>"


def clean(html: str) -> str:
    """Escape in a fragment of HTML every tag and drop every attribute that is not listed."""
    return bleach.clean(
        html,
        tags=TAGS,
        attributes=_is_allowed,
        protocols=PROTOCOLS,
        css_sanitizer=STYLES,
        strip_comments=True,
    )


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return CLASSES.issuperset(value.split())
    return name in ATTRIBUTES.get(tag, ())

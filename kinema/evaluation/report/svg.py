"""Drawing inline SVG by hand: it follows the page's colours in light and dark, and weighs next to nothing."""

from html import escape


def tag(name: str, *inside: str, style: str = "", **attributes: float | str) -> str:
    """One element: `style` is its CSS class, `_` in attributes' names stands for `-`, numbers are rounded."""
    given = {"class": style, **attributes} if style else attributes
    text = "".join(f' {key.replace("_", "-")}="{_plain(value)}"' for key, value in given.items())
    return f"<{name}{text}>{''.join(inside)}</{name}>"


def words(text: str, x: float, y: float, style: str, anchor: str = "start", **attributes: float | str) -> str:
    """A line of text; anchor: "start", "middle" or "end"."""
    return tag("text", escape(text), style=style, x=x, y=y, text_anchor=anchor, **attributes)


def tip(text: str) -> str:
    """What shows when the pointer rests on the element that holds it."""
    return tag("title", escape(text))


def figure(inside: list[str], says: str, width: float, height: float) -> str:
    """An SVG that says in words what it shows, for those who do not see it."""
    natural = {"class": "chart", "style": f"--natural: {width:.0f}px", "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    named = "".join(f' {key}="{value}"' for key, value in natural.items())
    return f'<svg{named} role="img" aria-label="{escape(says)}">{tip(says)}{"".join(inside)}</svg>'


def _plain(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")

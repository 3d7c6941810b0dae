"""A QR code as a picture a page holds itself."""

from markupsafe import Markup

QUIET_MODULES = 3


def qr_code(text: str) -> Markup:
    """Return `text` as an SVG of dark squares on white, whatever the page's theme."""
    import segno  # noqa: PLC0415 - only who sets up an authenticator needs it

    made = segno.make(text, error="m", micro=False)
    return Markup(  # noqa: S704 - of squares alone; the text is not in it
        made.svg_inline(
            scale=4, border=QUIET_MODULES, dark="#000", light="#fff", omitsize=True
        )
    )

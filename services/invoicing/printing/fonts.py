"""The fonts of printed invoices, and what stands for letters that none of them has.

Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Chinese, Japanese and Korean are printed
as they are. No font is packed for any other script: its letters are printed in ASCII, as near as
can be.
"""

import unicodedata
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from anyascii import anyascii
from fpdf import FPDF
from fpdf.fonts import TTFFont

_FONTS = (
    ("fontpkg_arimo", "files/Arimo[wght].ttf"),
    ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf"),
    ("fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf"),
    ("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf"),
    ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf"),
)
"""The first is that of all texts; the others step in for letters that it lacks."""
BASE = _FONTS[0][0]


def add_fonts(pdf: FPDF, texts: Iterable[str]) -> frozenset[str]:
    """Add the fonts that the texts need, and return the letters that none has.

    A font is read if a letter is left that those before it lack: the largest takes half a second.
    """
    left = {letter for text in texts for letter in text} - {"\n"}
    for package, path in _FONTS:
        if package != BASE and not left:
            break
        pdf.add_font(package, fname=Path(str(files(package).joinpath(path))))
        font = pdf.fonts[package]
        if isinstance(font, TTFFont):
            left = {letter for letter in left if ord(letter) not in font.cmap}
    pdf.set_fallback_fonts([name for name in pdf.fonts if name != BASE])
    return frozenset(left)


def plain(text: str) -> str:
    """The text composed, without control characters, and with its white space collapsed."""
    lines = unicodedata.normalize("NFC", text).splitlines()
    kept = ("".join(map(_without_control, line)) for line in lines)
    return "\n".join(" ".join(line.split()) for line in kept)


def printable(text: str, missing: frozenset[str]) -> str:
    """The text with ASCII in place of `missing` letters."""
    return "".join(anyascii(one) or "?" if one in missing else one for one in text)


def _without_control(letter: str) -> str:
    return " " if unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} else letter

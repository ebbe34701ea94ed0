"""The sheet that pictures are drawn on: colours, titles and files, and the one door to matplotlib.

Equal values give equal bytes: no dates, no random names in an SVG.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from swae_text.atomic import atomic_path
from swae_text.errors import ConfigError

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#8B6BB1",
    "#7F7F7F",
)
"""Told apart by the colour-blind (Okabe & Ito, 2008), and two more."""
FORMS = (".png", ".svg")
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "swae_text",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E6E6E6",
    "axes.axisbelow": True,
    "axes.titlesize": 10.5,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fontsize": 9,
}
_NO_DATE = {".svg": {"Date": None}, ".png": {"Software": None}}


def form(path: Path) -> str:
    """The ending of a picture; to be asked before anything is computed.

    Raises:
        ConfigError: it is neither .png nor .svg, or matplotlib is not installed.
    """
    if (ending := path.suffix.lower()) not in FORMS:
        raise ConfigError(f"{path}: a picture is a .png or .svg file: end its name so")
    _figure()
    return ending


def colour(place: int) -> str:
    """The colour of the one at this place; they come round again."""
    return COLOURS[place % len(COLOURS)]


@contextmanager
def sheet(
    path: Path, title: str, size: tuple[float | int, float | int], note: str = ""
) -> Iterator[Any]:
    """A matplotlib figure to draw on, which is at ``path`` when the block has ended well.

    Args:
        path: the picture, *.png or *.svg.
        title: above everything, in bold.
        size: width and height in inches.
        note: evidence, small, below everything.

    Raises:
        ConfigError: as ``form``.
    """
    ending = form(path)
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        figure = _figure()(figsize=size, layout="constrained")
        figure.suptitle(title, fontweight="bold", fontsize=12)
        if note:
            figure.supxlabel(note, fontsize=8.5, color="#555555")
        yield figure
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format=ending[1:], dpi=150, metadata=_NO_DATE[ending])


def _figure() -> Any:
    """The class of figures that need no window."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError("pictures need matplotlib: pip install 'swae-text[plot]'") from error
    return Figure

"""The few icons of the shell: 20 × 20 line drawings of our own, inlined as SVG."""

from __future__ import annotations

PATHS = {
    "dot": "M10 9a1 1 0 1 1 0 2 1 1 0 0 1 0-2z",
    "home": "M3 9.5 10 3l7 6.5M5 8v9h10V8M8.5 17v-5h3v5",
    "list": "M4 5h12M4 10h12M4 15h8",
    "plus": "M10 4v12M4 10h12",
    "phone": "M5 3h3l1.5 4-2 1.5a9 9 0 0 0 4 4l1.5-2 4 1.5v3c0 1-1 2-2 2C9 17 3 11 3 5c0-1 1-2 2-2z",
    "tree": "M10 3v4M10 7H5v4M10 7h5v4M3 11h4v5H3zM13 11h4v5h-4z",
    "grid": "M3 3h14v14H3zM3 7.7h14M3 12.3h14M7.7 3v14M12.3 3v14",
    "book": "M4 4h5a2 2 0 0 1 1 1 2 2 0 0 1 1-1h5v12h-5l-1 1-1-1H4zM10 5v11",
    "rule": "M5 3h10v14H5zM8 7h4M8 10h4M8 13h2",
    "pole": "M10 3v14M6 17h8M10 5h4l1 2h-5",
    "camera": "M3 6h9v6H3zM12 8l5-2v6l-5-2M6 12l-1 5",
    "device": "M10 11v6M6 17h8M6.5 11a5 5 0 1 1 7 0M8.5 9a2 2 0 1 1 3 0",
    "people": "M7 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM2.5 16c0-3 2-4.500 4.500-4.500s4.500 1.5 4.500 4.500M13.500 9a2 2 0 1 0 0-4M14 11.5c2 0 3.500 1.5 3.500 4",
    "duty": "M4 10l4 4 8-9M4 4h6M4 16h12",
    "matrix": "M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 14h6",
    "pin": "M10 17s5-5 5-9a5 5 0 0 0-10 0c0 4 5 9 5 9zM10 6.500a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
    "bell": "M5 14V9a5 5 0 0 1 10 0v5l1 1H4zM8.500 17h3",
    "menu": "M3 5h14M3 10h14M3 15h14",
    "user": "M10 10a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM4 17c0-3.500 2.500-5 6-5s6 1.5 6 5",
    "import": "M10 3v9M6.500 8.500 10 12l3.500-3.500M4 13v4h12v-4",
    "export": "M10 12V3M6.500 6.500 10 3l3.500 3.500M4 13v4h12v-4",
    "flow": "M3 5h5v4H3zM12 11h5v4h-5zM5.500 9v4H12",
    "shield": "M10 3l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V5z",
    "search": "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4",
    "scales": "M10 3v14M6 17h8M3 6h14M5 6l-2.500 6h5zM15 6l-2.500 6h5z",
    "clock": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
}


def svg(name: str) -> str:
    """Return the inline SVG of an icon; an unknown name is a dot."""
    path = PATHS.get(name, PATHS["dot"])
    return (
        '<svg class="icon-line" width="16" height="16" viewBox="0 0 20 20" aria-hidden="true" focusable="false">'
        f'<path d="{path}"/></svg>'
    )

"""OpenGL without a window: the only importer of moderngl."""

from __future__ import annotations

import sys
from typing import Any

from talkwire.runtime.errors import MissingDependency, missing


def open_context() -> Any:
    """A context of moderngl's. Raises MissingDependency when nothing can draw."""
    try:
        import moderngl
    except ImportError as absent:
        raise missing("moderngl", extra="render", need="drawing pictures") from absent
    options: dict[str, Any] = {"backend": "egl"} if sys.platform.startswith("linux") else {}
    try:
        return moderngl.create_context(standalone=True, require=330, **options)
    except Exception as failure:  # moderngl raises bare Exception when no driver answers
        raise MissingDependency(
            "drawing pictures needs OpenGL 3.3",
            seen=str(failure) or type(failure).__name__,
            wanted="a driver; Mesa's software one is enough",
            cure="on Debian run: apt-get install libegl1 libgl1 libgl1-mesa-dri",
        ) from failure


def describe_gl() -> str:
    """What would draw here. Raises MissingDependency when nothing can."""
    context = open_context()
    try:
        return f"{context.info['GL_RENDERER']}, OpenGL {context.info['GL_VERSION']}"
    finally:
        context.release()

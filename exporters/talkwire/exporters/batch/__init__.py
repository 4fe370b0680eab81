"""Many lines at once: a list in, a folder of clips with a summary and a contact sheet out."""

from talkwire.exporters.batch.recipe import Recipe
from talkwire.exporters.batch.run import Batch, run_batch

__all__ = ["Batch", "Recipe", "run_batch"]

"""DynTet: a head learned from one video, as a mesh of one topology (arXiv 2402.17364)."""

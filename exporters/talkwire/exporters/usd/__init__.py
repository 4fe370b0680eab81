"""OpenUSD: the head as a UsdSkel model with blend shapes and one joint."""

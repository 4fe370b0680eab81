"""Differentiable rasterisation behind one seam: ours in torch for any device, nvdiffrast on CUDA."""

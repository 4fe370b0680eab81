"""Learning motion v0 from one speaker: log-mel rows in, expression weights out.

corpus (sound, phones, tracked lips) -> targets (curves an ARKit rig should show) -> augment -> network
-> train -> export (ONNX, as talkwire.runtime.mind declares it) -> evaluate.
"""

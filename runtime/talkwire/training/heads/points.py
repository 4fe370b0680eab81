"""MediaPipe's face landmarks by what they lie on. Left and right are the face's own.

Source: MediaPipe Face Mesh, the connection lists of its 468-point topology.
"""

from __future__ import annotations

from typing import Final

LIPS_OUTER: Final = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375),
    *(291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
)
LIPS_INNER: Final = (
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324),
    *(308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)
UPPER_LIP_MIDDLE, LOWER_LIP_MIDDLE = 13, 14  # inner edges, on the middle line
RIGHT_EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_LIDS_MIDDLE, LEFT_LIDS_MIDDLE = (159, 145), (386, 374)  # upper, lower
FACE_OVAL: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288),
    *(397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136),
    *(172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
NOSE_TIP, NOSE_BASE, CHIN, FOREHEAD = 1, 2, 152, 10
EARS: Final = (234, 454)  # where they join the cheeks
NOSTRILS: Final = (98, 327, 2, 97, 326, 64, 294)

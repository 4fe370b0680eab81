"""Smooth normals and head turns, against shapes whose answer is known."""

import numpy as np
import numpy.typing as npt
import pytest
import trimesh

from talkwire.runtime.mesh import rotation_matrix, vertex_normals

QUARTER = np.sqrt(0.5)


def split(
    mesh: trimesh.Trimesh,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """The mesh with no vertex shared between triangles, as if every edge were a UV seam; weld undoes it."""
    corners = mesh.faces.ravel()
    _, first, place = np.unique(corners, return_index=True, return_inverse=True)
    triangles = np.arange(len(corners), dtype=np.uint32).reshape(-1, 3)
    return mesh.vertices[corners], triangles, first[place].astype(np.uint32)


def test_a_spheres_normals_point_away_from_its_centre() -> None:
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
    alone = np.arange(len(sphere.vertices), dtype=np.uint32)
    normals = vertex_normals(sphere.vertices, sphere.faces.astype(np.uint32), alone)
    assert normals.dtype == np.float32
    assert normals.shape == sphere.vertices.shape
    np.testing.assert_allclose(normals, sphere.vertices / 0.1, atol=0.01)


def test_winding_decides_the_side() -> None:
    sphere = trimesh.creation.icosphere(subdivisions=1, radius=0.1)
    alone = np.arange(len(sphere.vertices), dtype=np.uint32)
    out = vertex_normals(sphere.vertices, sphere.faces.astype(np.uint32), alone)
    inward = vertex_normals(sphere.vertices, sphere.faces[:, ::-1].astype(np.uint32), alone)
    np.testing.assert_allclose(inward, -out, atol=1e-6)


def test_a_seam_does_not_show() -> None:
    sphere = trimesh.creation.icosphere(subdivisions=2, radius=0.1)
    vertices, triangles, weld = split(sphere)
    normals = vertex_normals(vertices, triangles, weld)
    np.testing.assert_array_equal(normals, normals[weld])
    np.testing.assert_allclose(normals, vertices / 0.1, atol=0.03)
    faceted = vertex_normals(vertices, triangles, np.arange(len(vertices), dtype=np.uint32))
    assert np.abs(faceted - normals).max() > 0.1  # without welding every triangle would be flat


def test_a_large_triangle_weighs_more() -> None:
    # two triangles share vertex 0: one in the floor (normal +Y) of ten times the area of the wall's (+X)
    vertices = np.array([[0, 0, 0], [0, 0, 10], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    triangles = np.array([[0, 1, 2], [0, 3, 4]], np.uint32)
    normals = vertex_normals(vertices, triangles, np.arange(5, dtype=np.uint32))
    np.testing.assert_allclose(normals[0], np.array([1, 10, 0]) / np.sqrt(101), atol=1e-6)


def test_vertices_without_area_look_forward() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]], float)
    normals = vertex_normals(vertices, np.array([[0, 1, 2]], np.uint32), np.arange(4, dtype=np.uint32))
    np.testing.assert_array_equal(normals, [[0, 0, 1]] * 4)


def test_it_agrees_with_trimesh_on_a_bumpy_head() -> None:
    bumpy = trimesh.creation.icosphere(subdivisions=3, radius=0.1)
    bumpy.vertices *= 1 + 0.2 * np.sin(40 * bumpy.vertices[:, :1])
    alone = np.arange(len(bumpy.vertices), dtype=np.uint32)
    ours = vertex_normals(bumpy.vertices.astype(np.float32), bumpy.faces.astype(np.uint32), alone)
    theirs = trimesh.geometry.weighted_vertex_normals(
        len(bumpy.vertices), bumpy.faces, bumpy.face_normals, np.repeat(bumpy.area_faces[:, None], 3, axis=1)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize(
    ("quaternion", "point", "turned"),
    [
        ((0, 0, 0, 1), (1, 2, 3), (1, 2, 3)),
        ((0, QUARTER, 0, QUARTER), (0, 0, 1), (1, 0, 0)),  # a turn to the face's own left
        ((QUARTER, 0, 0, QUARTER), (0, 0, 1), (0, -1, 0)),  # a nod
        ((0, 0, QUARTER, QUARTER), (1, 0, 0), (0, 1, 0)),
        ((0, 0, 0, 0), (1, 2, 3), (1, 2, 3)),
        ((0, 3, 0, 3), (0, 0, 1), (1, 0, 0)),  # not of unit length
    ],
)
def test_a_quaternion_turns(quaternion, point, turned) -> None:
    np.testing.assert_allclose(rotation_matrix(quaternion) @ point, turned, atol=1e-12)


def test_a_rotation_keeps_lengths_and_hands() -> None:
    for quaternion in np.random.default_rng(0).normal(size=(20, 4)):
        rotation = rotation_matrix(quaternion)
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)

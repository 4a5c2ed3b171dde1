"""HOG3D: a gradient along a face's normal is that face's alone, symmetries move bins, cells hold the means of parts."""

from itertools import product
from math import sqrt

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import ModelError
from kinema.models import create_model
from kinema.models.backbones.gradients import GROWTH, Blocks, edges, gradients, means_between, normals, quantised, sizes

SOLIDS = {"icosahedron": (20, sqrt(5) / 3), "dodecahedron": (12, 1 / sqrt(5))}  # faces, cosine between neighbours
PART = st.floats(-5, 5)


def faces(solid: str) -> torch.Tensor:
    """The normals of all faces, in the order of the bins."""
    return torch.cat([normals(solid), -normals(solid)])


@pytest.mark.parametrize("solid", SOLIDS)
def test_the_faces_are_those_of_the_solid(solid: str) -> None:
    count, cosine = SOLIDS[solid]
    normals_F3 = faces(solid)
    assert len(normals_F3) == count
    angles = normals_F3 @ normals_F3.T
    assert torch.allclose(angles.diagonal(), torch.ones(count))
    neighbours = (angles - cosine).abs() < 1e-5
    assert (neighbours.sum(1) == (3 if solid == "icosahedron" else 5)).all()  # as many as a face has edges
    assert (angles.fill_diagonal_(-1).max(1).values - cosine).abs().max() < 1e-5


@pytest.mark.parametrize("solid", SOLIDS)
@pytest.mark.parametrize("half", [False, True])
def test_a_gradient_along_a_normal_falls_into_that_faces_bin_with_all_its_length(solid: str, half: bool) -> None:
    bins = quantised(2.5 * faces(solid).T, solid, half)  # one gradient for each face
    count = len(faces(solid))
    expected = 2.5 * torch.eye(count)
    if half:
        expected = expected[: count // 2] + expected[count // 2 :]
    torch.testing.assert_close(bins, expected, atol=1e-5, rtol=0)


@given(PART, PART, PART, st.sampled_from(sorted(SOLIDS)), st.booleans())
def test_a_gradient_is_spread_over_its_nearest_faces(x: float, y: float, t: float, solid: str, half: bool) -> None:
    gradient = torch.tensor([x, y, t])
    bins = quantised(gradient[:, None], solid, half)[:, 0]
    assert float(bins.norm()) == pytest.approx(float(gradient.norm()), abs=1e-4)
    assert (bins >= 0).all()
    if gradient.norm() > 0.1:
        along = normals(solid) @ gradient if not half else (normals(solid) @ gradient).abs()
        along = along if half else torch.cat([along, -along])
        assert float(bins[along.argmax()]) == pytest.approx(float(bins.max()), rel=1e-5)
        assert not bins[along < along.max() * 0.2].any()


@given(PART, PART, PART, st.sampled_from(sorted(SOLIDS)))
def test_symmetries_of_the_solid_move_the_bins(x: float, y: float, t: float, solid: str) -> None:
    gradient = torch.tensor([x, y, t])
    third_turn = torch.tensor([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])  # about the diagonal
    for symmetry in (third_turn, -torch.eye(3), torch.diag(torch.tensor([-1.0, 1, 1])),
                     torch.diag(torch.tensor([1.0, 1, -1]))):  # a mirror, and time backwards
        goes_to = ((faces(solid) @ symmetry.T) @ faces(solid).T).argmax(1)  # where each face comes to lie
        assert sorted(goes_to.tolist()) == list(range(len(goes_to)))
        before = quantised(gradient[:, None], solid, False)[:, 0]
        after = quantised((symmetry @ gradient)[:, None], solid, False)[:, 0]
        torch.testing.assert_close(after[goes_to], before, atol=1e-4, rtol=1e-4)


def test_gradients_are_central_differences() -> None:
    right, down, later = gradients(torch.einsum("t,h,w->thw", *(torch.ones(6),) * 3) * 0
                                   + 3 * torch.arange(6.0) + 5 * torch.arange(6.0)[:, None]
                                   + 7 * torch.arange(6.0)[:, None, None])
    inner = slice(1, -1)
    assert (right[:, :, inner] == 3).all()
    assert (down[:, inner] == 5).all()
    assert (later[inner] == 7).all()
    assert not gradients(torch.rand(1, 4, 4))[2].any()  # a single frame does not change


@given(st.integers(1, 30), st.floats(0.3, 30), st.integers(1, 6), st.integers(0, 9))
def test_means_are_those_of_the_pixels_between_edges(room: int, size: float, parts: int, seed: int) -> None:
    size = min(size, room)
    x = torch.rand(2, room, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    edges_KE = edges(room, size, parts)
    found = means_between(x, edges_KE, 1)
    fine = x.repeat_interleave(1000, 1)  # each pixel in thousandths
    places = (edges_KE * 1000).round().long()
    for row, part in product(range(len(edges_KE)), range(parts)):
        low, high = places[row, part], places[row, part + 1]
        if high - low >= 50:
            expected = fine[:, low:high].mean(1)
            torch.testing.assert_close(found[:, row, part], expected, atol=0.05, rtol=0)
    assert edges_KE[0, 0] == 0
    assert float(edges_KE[-1, -1]) == pytest.approx(room if len(edges_KE) > 1 else size)


def test_blocks_grow_as_long_as_they_find_room() -> None:
    assert sizes(18, 8, 112) == pytest.approx([18 * GROWTH**n for n in range(6)])
    assert sizes(10, 2, 32) == pytest.approx([10, 10 * GROWTH])
    assert sizes(10, 2, 8) == [8]
    assert len(edges(112, 18, 12)) == 11  # half overlapping


def test_a_descriptor_is_what_it_is_by_hand() -> None:
    grey_THW = torch.rand(4, 8, 8, generator=torch.Generator().manual_seed(1))
    blocks = Blocks(pixels=8, frames=4, sizes=1, sizes_time=1, cells=2, cells_time=1, parts=2)
    rows_BD, steep_B = blocks.describe(grey_THW)
    assert rows_BD.shape == (1, blocks.numbers) == (1, 2 * 2 * 20)
    found = gradients(grey_THW).numpy()
    cells = []
    for row, column in product(range(2), repeat=2):
        cell = np.zeros(20)
        for t, y, x in product(range(2), repeat=3):
            part = found[:, 2 * t : 2 * t + 2, 4 * row + 2 * y : 4 * row + 2 * y + 2,
                         4 * column + 2 * x : 4 * column + 2 * x + 2].mean((1, 2, 3))
            along = faces("icosahedron").numpy() @ part / np.linalg.norm(part)
            share = np.maximum(along - sqrt(5) / 3, 0)
            cell += np.linalg.norm(part) * share / np.linalg.norm(share)
        cells.append(cell)
    row = np.concatenate(cells)
    row = np.minimum(row / np.linalg.norm(row), 0.25)
    assert np.allclose(rows_BD[0], row / np.linalg.norm(row), atol=1e-5)
    means = [np.linalg.norm(found[:, t : t + 2, y : y + 2, x : x + 2].mean((1, 2, 3)))
             for t, y, x in product((0, 2), range(0, 8, 2), range(0, 8, 2))]
    assert float(steep_B) == pytest.approx(np.mean(means), abs=1e-5)


def test_light_and_contrast_change_no_descriptor() -> None:
    grey_THW = torch.rand(12, 20, 24)
    blocks = Blocks()
    torch.testing.assert_close(blocks.describe(grey_THW)[0], blocks.describe(3 * grey_THW - 1)[0], atol=1e-4, rtol=0)


def test_features_are_square_roots_of_shares_and_flat_clips_have_none() -> None:
    network = create_model("hog3d", 3, frames=12, words=40).eval()
    clips = torch.rand(2, 3, 12, 40, 48)
    clips[1] = 0.3
    textured, flat = network.features(clips)
    assert float(textured.square().sum()) == pytest.approx(1)
    assert not flat.any()
    alone = network.features(clips[:1])[0]
    assert torch.equal(alone, textured)


def test_what_hog3d_does_not_know_is_told() -> None:
    with pytest.raises(ModelError, match="Nearest: icosahedron"):
        create_model("hog3d", 3, solid="icosaedron")
    with pytest.raises(ModelError, match="words is 0"):
        create_model("hog3d", 3, words=0)

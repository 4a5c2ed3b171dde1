"""RoIAlign: worked out by hand, published figures, and torch's own sampling."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from kinema.detection.roi_align import roi_align

MAP = torch.tensor([
    [0.2764, 0.7150, 0.1958, 0.3416, 0.4638, 0.0259, 0.2963, 0.6518, 0.4856, 0.7250],
    [0.9637, 0.0895, 0.2919, 0.6753, 0.0234, 0.6132, 0.8085, 0.5324, 0.8992, 0.4467],
    [0.3265, 0.8479, 0.9698, 0.2471, 0.9336, 0.1878, 0.4766, 0.4308, 0.3400, 0.2162],
    [0.0206, 0.1720, 0.2155, 0.4394, 0.0653, 0.3406, 0.7724, 0.3921, 0.2541, 0.5799],
    [0.4062, 0.2194, 0.4473, 0.4687, 0.7109, 0.9327, 0.9815, 0.6320, 0.1728, 0.6119],
    [0.3097, 0.1283, 0.4984, 0.5068, 0.4279, 0.0173, 0.4388, 0.0430, 0.4671, 0.7119],
    [0.1011, 0.8477, 0.4726, 0.1777, 0.9923, 0.4042, 0.1869, 0.7795, 0.9946, 0.9689],
    [0.1366, 0.3671, 0.7011, 0.6234, 0.9867, 0.5585, 0.6985, 0.5609, 0.8788, 0.9928],
    [0.5697, 0.8511, 0.6711, 0.9406, 0.8751, 0.7496, 0.1650, 0.1049, 0.1559, 0.2514],
    [0.7012, 0.4056, 0.7879, 0.3461, 0.0415, 0.2998, 0.5094, 0.3727, 0.5482, 0.0502],
])
ROIS = torch.tensor([[0.0, 0, 0, 9, 9], [0, 0, 5, 4, 9], [0, 5, 5, 9, 9]])
HALF_PIXEL = torch.tensor([  # ONNX's test of RoiAlign, coordinate_transformation_mode "half_pixel", 2 x 2 samples
    [[0.5178, 0.3434, 0.3229, 0.4474, 0.6344], [0.4031, 0.5366, 0.4428, 0.4861, 0.4023],
     [0.2512, 0.4002, 0.5155, 0.6954, 0.3465], [0.3350, 0.4601, 0.5881, 0.3439, 0.6849],
     [0.4932, 0.7141, 0.8217, 0.4719, 0.4039]],
    [[0.3070, 0.2187, 0.3337, 0.4880, 0.4870], [0.1871, 0.4914, 0.5561, 0.4192, 0.3686],
     [0.1433, 0.4608, 0.5971, 0.5310, 0.4982], [0.2788, 0.4386, 0.6022, 0.7000, 0.7524],
     [0.5774, 0.7024, 0.7251, 0.7338, 0.8163]],
    [[0.2393, 0.4075, 0.3379, 0.2525, 0.4743], [0.3671, 0.2702, 0.4105, 0.6419, 0.8308],
     [0.5556, 0.4543, 0.5564, 0.7502, 0.9300], [0.6626, 0.5617, 0.4813, 0.4954, 0.6663],
     [0.6636, 0.3721, 0.2056, 0.1928, 0.2478]],
])
UNALIGNED = torch.tensor([  # the same without half a pixel: boxes that lie half a place further
    [[0.4664, 0.4466, 0.3405, 0.5688, 0.6068], [0.3714, 0.4296, 0.3835, 0.5562, 0.3510],
     [0.2768, 0.4883, 0.5222, 0.5528, 0.4171], [0.4713, 0.4844, 0.6904, 0.4920, 0.8774],
     [0.6239, 0.7125, 0.6289, 0.3355, 0.3495]],
])
COUNTED = torch.arange(25.0).view(1, 1, 5, 5)


@pytest.mark.parametrize("samples", [0, 1, 2, 3])
def test_a_plane_gives_the_middles_of_the_parts(samples: int) -> None:
    """Detectron2's figures: the map counts 0 to 24, the box 1 to 3 is what lies between 6, 7, 11 and 12."""
    found = roi_align(COUNTED, torch.tensor([[0.0, 1, 1, 3, 3]]), (4, 4), samples)
    expected = torch.tensor([[4.5, 5, 5.5, 6], [7, 7.5, 8, 8.5], [9.5, 10, 10.5, 11], [12, 12.5, 13, 13.5]])
    torch.testing.assert_close(found[0, 0], expected)


def test_published_figures() -> None:
    found = roi_align(MAP[None, None], ROIS, (5, 5), samples=2)
    torch.testing.assert_close(found[:, 0], HALF_PIXEL, rtol=0, atol=1e-4)
    moved = ROIS + torch.tensor([0, 0.5, 0.5, 0.5, 0.5])
    torch.testing.assert_close(roi_align(MAP[None, None], moved, (5, 5), 2)[:1, 0], UNALIGNED, rtol=0, atol=1e-4)


def test_edges_by_hand() -> None:
    """Up to a place outside the outermost middles the edge is seen, farther out nothing."""
    line = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    starts = torch.tensor([-1.5, -0.9, -0.4, 0.0, 2.3, 2.9, 3.1, 3.6])  # parts of width 0: no samples
    rois = torch.stack([torch.zeros(8), starts, torch.zeros(8), starts + 0.2, torch.ones(8)], dim=1)
    middles = starts + 0.1 - 0.5
    expected = [0 if middle < -1 or middle > 3 else float(middle.clamp(0, 2)) + 1 for middle in middles]
    torch.testing.assert_close(roi_align(line, rois, (1, 1), samples=1).flatten(), torch.tensor(expected))


def test_as_many_samples_as_a_part_has_places() -> None:
    """A part of 2.5 x 1 places is sampled at 3 x 1 points."""
    found = roi_align(MAP[None, None], torch.tensor([[0.0, 1, 2, 6, 4]]), (2, 2))
    rows, columns = torch.tensor([2.5, 3.5]) - 0.5, 1 + torch.tensor([0.5, 1.5, 2.5, 3.5, 4.5, 5.5]) * 2.5 / 3 - 0.5
    grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=2)
    points = F.grid_sample(MAP[None, None], ((grid + 0.5) / 5 - 1)[None], align_corners=False, padding_mode="border")
    torch.testing.assert_close(found[0, 0], points[0, 0].view(2, 2, 3).mean(2), rtol=1e-5, atol=1e-6)


def test_an_empty_box_and_no_box() -> None:
    assert not roi_align(COUNTED, torch.tensor([[0.0, 3, 4, 5, 4]]), (7, 7)).any()
    assert roi_align(COUNTED, torch.zeros(0, 5), (7, 7)).shape == (0, 1, 7, 7)


def test_boxes_are_of_their_clips() -> None:
    maps = torch.stack([COUNTED[0], -COUNTED[0]])
    found = roi_align(maps, torch.tensor([[1.0, 1, 1, 3, 3], [0, 1, 1, 3, 3]]), (2, 2))
    torch.testing.assert_close(found[0], -found[1])


@given(
    st.tuples(st.floats(0, 6), st.floats(0, 6), st.floats(0.3, 4), st.floats(0.3, 4)), st.integers(1, 4),
    st.integers(1, 3),
)
@settings(deadline=None, max_examples=30)
def test_torchs_own_sampling_agrees(box: tuple, parts: int, samples: int) -> None:
    x, y, wide, high = box
    found = roi_align(MAP[None, None], torch.tensor([[0, x, y, x + wide, y + high]]), (parts, parts), samples)
    steps = (torch.arange(parts * samples) + 0.5) / (parts * samples)
    grid = torch.stack(torch.meshgrid(x + wide * steps, y + high * steps, indexing="xy"), dim=2) / 5 - 1
    points = F.grid_sample(MAP[None, None], grid[None], align_corners=False, padding_mode="border")
    torch.testing.assert_close(found, F.avg_pool2d(points, samples), rtol=1e-4, atol=1e-5)


def test_gradients_reach_the_map() -> None:
    map_NCHW = torch.rand(1, 2, 5, 5, dtype=torch.float64, requires_grad=True)
    rois = torch.tensor([[0, 0.3, 0.7, 3.1, 4.4]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: roi_align(x, rois, (2, 3)), map_NCHW)

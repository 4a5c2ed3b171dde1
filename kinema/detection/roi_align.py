"""RoIAlign (He et al., arXiv:1703.06870) in plain torch: a box of a feature map as a few places of a fixed number.

Axes in names: N clips, M boxes, C channels, H rows, W columns, P rows of the result, Q columns of it, S samples.
"""

import torch


def roi_align(
    map_NCHW: torch.Tensor, rois_M5: torch.Tensor, size: tuple[int, int], samples: int = 0
) -> torch.Tensor:
    """The mean of bilinear samples in each of `size` (P, Q) equal parts of each box: M C P Q.

    rois_M5: the number of the clip, x1, y1, x2, y2 in places of the map, whose first place reaches from 0 to 1 and has
    its middle at 0.5 (`aligned` in other libraries). A part is sampled at `samples` x `samples` points, evenly, or with
    0 at as many as it has places along each side. Points up to one place outside the middles of the map's places see
    its edge, those farther out zeros; an empty box gives zeros.

    A mean of bilinear samples on a grid is a product of one matrix along each side, so no point is gathered.
    """
    rows_MPH = weights(rois_M5[:, 2], rois_M5[:, 4], size[0], map_NCHW.shape[2], samples)
    columns_MQW = weights(rois_M5[:, 1], rois_M5[:, 3], size[1], map_NCHW.shape[3], samples)
    clips_M = rois_M5[:, 0].long()
    part_MCPW = torch.einsum("mph,mchw->mcpw", rows_MPH.to(map_NCHW.dtype), map_NCHW[clips_M])
    return torch.einsum("mcpw,mqw->mcpq", part_MCPW, columns_MQW.to(map_NCHW.dtype))


def weights(start_M: torch.Tensor, stop_M: torch.Tensor, parts: int, places: int, samples: int) -> torch.Tensor:
    """How much each place of one side counts in each of `parts` equal parts from a start to a stop: M parts places."""
    part_M = (stop_M - start_M) / parts
    count_M = torch.full_like(part_M, samples) if samples else part_M.ceil().clamp(min=0)
    most = max(int(count_M.max()), 1) if len(count_M) else 1
    number_S = torch.arange(most, device=start_M.device)
    within_MS = (number_S + 0.5) / count_M.clamp(min=1)[:, None]
    index_P = torch.arange(parts, device=start_M.device)
    point_MPS = start_M[:, None, None] - 0.5 + part_M[:, None, None] * (index_P[:, None] + within_MS[:, None])
    counts_MPS = (number_S < count_M[:, None])[:, None] & (point_MPS >= -1) & (point_MPS <= places)
    place_H = torch.arange(places, device=start_M.device)
    near_MPSH = 1 - (point_MPS.clamp(0, places - 1)[..., None] - place_H).abs()
    return (near_MPSH.clamp(min=0) * counts_MPS[..., None]).sum(2) / count_M.clamp(min=1)[:, None, None]

"""The zoos of 3-D residual networks and of C3D whose marks are found in no other's keys."""

from kinema.weights.zoos import c3d, gluoncv, hara, mmaction2_3d, p3d, pytorchvideo_csn, torchvision_video, vmz

ZOOS = (
    *hara.ZOOS, *torchvision_video.ZOOS, *mmaction2_3d.ZOOS, pytorchvideo_csn.SPLIT, *gluoncv.ZOOS, *vmz.ZOOS, p3d.ZOO,
    c3d.ZOO,
)

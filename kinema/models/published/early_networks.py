"""The networks of 2014 and 2015: single-stream fusions, two-stream networks, recurrent ones and pools; and encoders."""

from kinema.models.table import Published

KARPATHY = 'Karpathy et al., "Large-scale Video Classification with Convolutional Neural Networks", CVPR 2014'
SIMONYAN, FEICHTENHOFER = "Simonyan and Zisserman, arXiv:1406.2199", "Feichtenhofer et al., arXiv:1604.06573"
NG = "Ng et al., arXiv:1503.08909"
ENCODERS = "Neimark et al., arXiv:2102.00719; Kalfaoglu et al., arXiv:2008.01232"

PUBLISHED: dict[str, Published] = {
    "single_frame": Published("single-cnn_2014", KARPATHY, frames=10, size=170),
    "early_fusion": Published("early-cnn_2014", KARPATHY, frames=10, size=170),
    "late_fusion": Published("late-cnn_2014", KARPATHY, frames=16, size=170),
    "slow_fusion": Published("slow_fusion-cnn_2014", KARPATHY, frames=10, size=170),
    "two_stream": Published("twostream-cnn_m_2048", SIMONYAN, frames=25, sampling="uniform"),
    "two_stream_fusion": Published("twostream-cnn_m_2048", FEICHTENHOFER, frames=5, stride=10,
                                   options={"fusion": "conv3d"}, order_aware=True),
    "cnn_lstm": Published("lstm-inception_v1", NG, frames=30, size=220, sampling="uniform",
                          options={"layers": 5, "hidden": 512, "take": "rising"}),
    "cnn_pooling": Published("pooling-inception_v1", NG, frames=120, size=220, sampling="uniform"),
    "cnn_transformer": Published("encoder-resnet50", ENCODERS, frames=16, sampling="uniform",
                                 options={"layers": 3, "width": 512}),
}

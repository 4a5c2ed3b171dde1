"""An RTSP server that plays a video file: /usr/bin/python3 rtsp_server.py FILE.mp4 PORT, with Debian's GStreamer.

Prints the port once it listens. Needs gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-good and python3-gi.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  # gi must be told the versions first


def main() -> None:
    """Serve until killed."""
    Gst.init(None)
    missing = [name for name in ("qtdemux", "rtph264pay") if Gst.ElementFactory.find(name) is None]
    if missing:
        raise SystemExit(f"GStreamer has no {', '.join(missing)}")
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[2])
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( filesrc location={sys.argv[1]} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=1 )")
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit()
    main()

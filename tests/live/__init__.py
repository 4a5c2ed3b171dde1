"""Cameras, real ones as far as a machine without a camera has them: files, and RTSP from GStreamer on this machine."""

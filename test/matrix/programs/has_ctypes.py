"""Says whether this Python was built with ctypes."""
import talking

try:
    import ctypes
except ImportError:
    ctypes = None
talking.say({"has_ctypes": ctypes is not None})

"""The studio: a work folder of films that are being colored, and what colors them in the background.

No word of a page here: whoever shows it calls ``Studio`` and listens to its events.
"""

from kinemacolor.studio.limits import Limits
from kinemacolor.studio.studio import Studio

__all__ = ["Limits", "Studio"]

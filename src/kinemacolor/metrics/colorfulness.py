"""Colorfulness of a picture (Hasler and Suesstrunk, 2003, "Measuring colorfulness in natural images")."""

import math

from kinemacolor.frames import RGB


def colorfulness(picture: RGB) -> float:
    """Their M(3): 0 is gray, 15 slightly, 33 moderately, 59 quite, 109 extremely colorful."""
    red, green, blue = picture.double()
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = math.hypot(red_green.std(correction=0).item(), yellow_blue.std(correction=0).item())
    return spread + 0.3 * math.hypot(red_green.mean().item(), yellow_blue.mean().item())

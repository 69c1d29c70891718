"""Frames to color next, and photographs to color them from: ``kinemacolor suggest`` and ``kinemacolor match``."""

from kinemacolor.suggest.choose import Suggestion, suggest_frames
from kinemacolor.suggest.photographs import PhotoMatch, match_photographs

__all__ = ["PhotoMatch", "Suggestion", "match_photographs", "suggest_frames"]

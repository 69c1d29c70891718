"""The studio: a work folder of films that are being colored, and what colors them in the background.

No word of a page here: whoever shows it calls ``studio.studio.Studio`` and listens to its events. Nothing is loaded
with the package itself, so that a helper process can be started while the rest is still being loaded.
"""

"""One folder per model, named after its paper; ``cards`` lists them and ``load`` makes them.

A folder's package has ``load(path, *, device, dtype, settings)``, which gives a ``base.Colorizer``, and ``SETTINGS``,
the settings that it begins with; without a path where weights come with the installation.
"""

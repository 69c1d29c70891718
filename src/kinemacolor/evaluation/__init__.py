"""From clips and models to tables: what a film in color is worth, by whose protocol, and how that was measured."""

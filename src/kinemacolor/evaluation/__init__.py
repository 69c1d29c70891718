"""From clips and models to tables: what a film in colour is worth, by whose protocol, and how that was measured."""

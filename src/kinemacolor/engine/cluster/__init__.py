"""Films on several machines: shots go to nodes, come back as parcels, and are taken into their film's track once."""

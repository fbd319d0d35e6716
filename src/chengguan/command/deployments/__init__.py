"""Forces across towns: asked for by a town, approved by the county, ended by the clock."""

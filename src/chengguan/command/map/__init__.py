"""The map (指挥地图): tiles, layers, what lies inside a circle, cases at any past instant."""

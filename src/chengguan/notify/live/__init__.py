"""The live stream below HTTP: who hears what, in order, without one slow listener harming others."""

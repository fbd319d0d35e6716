"""The wall and the leader's page: what stands and flows, seen from five metres or on a phone."""

"""The fault drill: what is acknowledged stays, once, whatever breaks while the city works.

`python -m drill` starts an installation of its own, loads it, breaks one thing after another, and
asks after each what was lost, what was done twice, and how long nobody was answered.
"""

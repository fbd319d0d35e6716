"""The true world as a discrete-event model: pure Python and SimPy, no Django, no global chance."""

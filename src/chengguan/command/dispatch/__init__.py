"""Dispatch (派遣): why a case goes to which unit, disputes and rulings, and what the machine may do."""

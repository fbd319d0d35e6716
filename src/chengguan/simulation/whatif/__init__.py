"""What-if: two plans for one city, lived under the same seeds, and what of the difference is not chance."""

"""What we compare ourselves with: Strawberry alone, and a relay that only passes streams on."""

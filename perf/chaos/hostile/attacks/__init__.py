"""The attacks, one module for each kind; requests are built before they are sent."""

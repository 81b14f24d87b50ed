"""The loader, and what several loaders share: pages, and rows by id."""

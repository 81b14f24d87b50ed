"""Running operations by their code: calling, awaiting, writing, stepping back; following streams."""

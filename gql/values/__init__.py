"""What all of the API language knows: ids, cursors, shapes of objects, weights of fields."""

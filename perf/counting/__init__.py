"""What a request takes that does not move with the machine: function calls, memory."""

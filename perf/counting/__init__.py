"""What a request costs independently of the machine: function calls and memory."""

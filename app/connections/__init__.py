"""What is looked at of connections: whom they are from, what a head must be, how long they wait."""

"""The attacks, a module for each kind of fault; what they send is made before it is sent."""

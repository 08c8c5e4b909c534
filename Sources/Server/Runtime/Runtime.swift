// Runtime begins here.

// Calldocker begins here.

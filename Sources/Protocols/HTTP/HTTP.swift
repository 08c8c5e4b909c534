// HTTP begins here.

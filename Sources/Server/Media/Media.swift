// Media begins here.

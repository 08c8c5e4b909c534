// SecureRTP begins here.

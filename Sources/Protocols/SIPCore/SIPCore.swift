// SIPCore begins here.

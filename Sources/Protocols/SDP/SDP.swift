// SDP begins here.

// Codecs begins here.

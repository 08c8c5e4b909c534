// SIPSyntax begins here.

// The test kit begins here.

// SocketIO begins here.

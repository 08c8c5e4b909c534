print("calldocker")

#ifndef CALLDOCKER_CSQLITE_H
#define CALLDOCKER_CSQLITE_H
#include <sqlite3.h>

// Variadic in C, which Swift cannot call.
static inline int shim_sqlite_set(sqlite3 *database, int option, int value) { return sqlite3_db_config(database, option, value, (int *)0); }

// SQLITE_TRANSIENT is a number cast to a function: SQLite makes its own copy.
static inline int shim_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
  return sqlite3_bind_text64(statement, index, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline int shim_sqlite_bind_blob(sqlite3_stmt *statement, int index, const void *octets, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(statement, index, octets, count, SQLITE_TRANSIENT);
}
#endif

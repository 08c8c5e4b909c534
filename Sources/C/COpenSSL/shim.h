#ifndef CALLDOCKER_COPENSSL_H
#define CALLDOCKER_COPENSSL_H
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/time.h>

// What OpenSSL offers as function-like macros, Swift needs as functions.
static inline int shim_set_min_version(SSL_CTX *context, int version) { return SSL_CTX_set_min_proto_version(context, version); }
static inline int shim_set_max_version(SSL_CTX *context, int version) { return SSL_CTX_set_max_proto_version(context, version); }
static inline void shim_set_mode(SSL_CTX *context, long mode) { SSL_CTX_set_mode(context, mode); }
static inline int shim_set_groups(SSL_CTX *context, const char *names) { return SSL_CTX_set1_groups_list(context, names); }
static inline long shim_set_mtu(SSL *ssl, long mtu) { return SSL_set_mtu(ssl, mtu); }
static inline long shim_dtls_timeout(SSL *ssl, struct timeval *left) { return DTLSv1_get_timeout(ssl, left); }
static inline long shim_dtls_handle_timeout(SSL *ssl) { return DTLSv1_handle_timeout(ssl); }
static inline void shim_mem_eof_means_retry(BIO *bio) { BIO_set_mem_eof_return(bio, -1); }
static inline int shim_set_server_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, (char *)name); }
static inline int shim_add_chain_certificate(SSL_CTX *context, X509 *link) { return (int)SSL_CTX_add1_chain_cert(context, link); }
static inline EVP_PKEY *shim_generate_p256(void) { return EVP_EC_gen("P-256"); }

static const unsigned long shim_name_on_one_line = XN_FLAG_ONELINE;
static const uint64_t shim_op_no_query_mtu = SSL_OP_NO_QUERY_MTU;
static const uint64_t shim_op_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t shim_op_no_ticket = SSL_OP_NO_TICKET;
static const uint64_t shim_op_ignore_unexpected_eof = SSL_OP_IGNORE_UNEXPECTED_EOF;
static const long shim_mode_release_buffers = SSL_MODE_RELEASE_BUFFERS;
static const long shim_mode_no_auto_chain = SSL_MODE_NO_AUTO_CHAIN;
static const long shim_mode_moving_buffer = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE;
#endif

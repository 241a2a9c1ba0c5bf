#include "app/hub_listen.h"

#include <errno.h>
#include <unistd.h>

#include "app/intake.h"
#include "app/settings.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "web/http_server.h"

#define FILE_MAX ((size_t)1 << 20)

static int read_named(const char *path, struct buf *out, const char *what, struct err *err)
{
    if (path[0] == '\0')
        return 0;
    int rc = file_read(path, FILE_MAX, out, err);
    if (rc == 0 && sv_trim(buf_view(out)).len == 0)
        rc = err_set(err, -EINVAL, "'%s' is empty", path);
    return rc < 0 ? err_wrap(err, rc, "%s", what) : 0;
}

static int read_files(const struct settings *settings, struct hub_listen *out, struct err *err)
{
    int rc = read_named(settings->token_file, &out->token, "hub.token_file", err);

    if (rc == 0)
        rc = read_named(settings->tls_certificate, &out->certificate, "hub.tls.certificate", err);
    if (rc == 0)
        rc = read_named(settings->tls_key, &out->key, "hub.tls.key", err);
    if (rc == 0)
        rc = read_named(settings->tls_client_ca, &out->client_ca, "hub.tls.client_ca", err);
    if (rc < 0)
        return rc;
    if ((out->certificate.len == 0) != (out->key.len == 0))
        return err_set(err, -EINVAL, "hub.tls needs both, certificate and key");
    if (out->client_ca.len > 0 && out->certificate.len == 0)
        return err_set(err, -EINVAL, "hub.tls.client_ca needs certificate and key too");
    /* a newline at the end of the file is not part of the secret */
    out->token.len = sv_trim(buf_view(&out->token)).len;
    if (out->token.ptr != NULL)
        out->token.ptr[out->token.len] = '\0';
    return 0;
}

int hub_listen_open(const struct settings *settings, const struct log *log, struct hub_listen *out,
                    struct err *err)
{
    bool asked = settings->listen != NULL;
    const char *address = asked ? settings->listen : LISTEN_DEFAULT;

    *out = (struct hub_listen){.fd = -1};
    if (strcmp(address, LISTEN_NONE) == 0)
        return 0;
    int rc = read_files(settings, out, err);
    if (rc == 0)
        rc = http_listen(address, &out->fd, err);
    if (rc == -EADDRINUSE && !asked) {
        log_warn(log, "nothing can be posted to this hub; set hub.listen",
                 log_str("why", err_text(err, rc)));
        return 0;
    }
    if (rc < 0)
        hub_listen_done(out);
    return rc;
}

void hub_listen_done(struct hub_listen *listen)
{
    if (listen->fd >= 0)
        (void)close(listen->fd);
    listen->fd = -1;
    buf_done(&listen->token);
    buf_done(&listen->certificate);
    buf_done(&listen->key);
    buf_done(&listen->client_ca);
}

static const char *text_or_null(const struct buf *text)
{
    return text->len == 0 ? NULL : buf_cstr(text);
}

int hub_listen_start(struct hub_listen *listen, struct http_server **out, struct err *err)
{
    struct http_options options = {
        .listen_fd = listen->fd,
        .body_max = INTAKE_BODY_MAX,
        .waiting_max = INTAKE_WAITING_MAX,
        .certificate = text_or_null(&listen->certificate),
        .key = text_or_null(&listen->key),
        .client_ca = text_or_null(&listen->client_ca),
    };

    *out = NULL;
    if (listen->fd < 0)
        return 0;
    listen->fd = -1; /* the server's, come what may */
    return http_server_open(&options, out, err);
}
